import { execFileSync } from 'node:child_process';
import { commandFolders, executable } from './find-commands.js';

/** BLMOVE and the scripts of the queue need it. */
const OLDEST = [6, 2] as const;

/** A Redis, or a server that speaks as one, that can be run on this machine. */
export interface RedisInstall {
  readonly server: string;
  readonly name: 'Redis' | 'Valkey';
  /** `7.0.15` */
  readonly version: string;
}

/** Those installed on the machine, in order of PATH; too old ones and broken ones are left out. */
export function findRedisInstalls(): RedisInstall[] {
  const installs = commandFolders().flatMap((folder) => [
    inspect(executable(folder, 'redis-server'), 'Redis'),
    inspect(executable(folder, 'valkey-server'), 'Valkey'),
  ]);
  return installs.filter((install) => install !== null);
}

function inspect(server: string | null, name: RedisInstall['name']): RedisInstall | null {
  if (!server) return null;
  try {
    const output = execFileSync(server, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 });
    const version = /v=(\d+\.\d+(\.\d+)?)/.exec(output.toString())?.[1] ?? '0.0';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    return isNewEnough ? { server, name, version } : null;
  } catch {
    return null;
  }
}
