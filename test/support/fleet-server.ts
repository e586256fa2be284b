/**
 * A process of simulated hosts: `fleet-server.ts <file>`, with the hosts' options in the file, as JSON. Writes `fleet <JSON>`
 * once they are up; ends, and every process of theirs with it, on SIGTERM.
 */
import { readFile } from 'node:fs/promises';
import { startFleet } from '../../src/simulator/fleet.js';
import type { SimulatedHostOptions } from '../../src/simulator/simulated-host.js';

const hosts = JSON.parse(await readFile(process.argv[2]!, 'utf8')) as SimulatedHostOptions[];
const fleet = await startFleet({ hosts });
process.on('SIGTERM', () => void fleet.stop().finally(() => process.exit(0)));
const seats = fleet.hosts.map(({ address, port, root }) => ({ address, port, root }));
process.stdout.write(`fleet ${JSON.stringify(seats)}\n`);
