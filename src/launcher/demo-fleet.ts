/**
 * The process of the demo's hosts: `node demo-fleet.js <data folder> <password file>`. Writes `fleet <JSON>` once they are
 * up; ends, and every process of theirs with it, on SIGTERM.
 */
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { startFleet } from '../simulator/fleet.js';
import { fleetAddress, supportsLoopbackRange } from '../simulator/loopback.js';
import { killProcessesOf } from '../simulator/processes.js';

const HOSTS = 6;

const [folder = '', passwordFile = ''] = process.argv.slice(2);
const password = (await readFile(passwordFile, 'utf8')).trim();
const addresses = (await supportsLoopbackRange())
  ? Array.from({ length: HOSTS }, (_, index) => fleetAddress(index))
  : ['127.0.0.1'];
const roots = await Promise.all(addresses.map((address) => rootOf(address)));
// Agents of a demo that was killed outright.
await killProcessesOf(new Set(roots), []);
const fleet = await startFleet({
  hosts: addresses.map((address, index) => ({ address, port: 0, root: roots[index]!, account: 'root', password })),
});
process.on('SIGTERM', () => void fleet.stop().finally(() => process.exit(0)));
process.stdout.write(`fleet ${JSON.stringify(fleet.hosts.map(({ address, port }) => ({ address, port })))}\n`);

async function rootOf(address: string): Promise<string> {
  const root = join(folder, address);
  await mkdir(root, { recursive: true });
  return realpath(root);
}
