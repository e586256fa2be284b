import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { embeddedPostgresFolder } from './embedded-postgres.js';
import { commandFolders, executable, versionedFolders } from './find-commands.js';

const OLDEST_MAJOR = 14;

/** Where distributions and Homebrew put the servers of several versions side by side. */
const VERSION_ROOTS: readonly (readonly [string, RegExp])[] = [
  ['/usr/lib/postgresql', /^\d+$/],
  ['/usr', /^pgsql-\d+$/],
  ['/opt/homebrew/opt', /^postgresql@\d+$/],
  ['/usr/local/opt', /^postgresql@\d+$/],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+$/],
];

/** A PostgreSQL server that can be run on this machine. */
export interface PostgresInstall {
  readonly initdb: string;
  readonly postgres: string;
  /** `15.18` */
  readonly version: string;
  readonly major: number;
  readonly isEmbedded: boolean;
}

/** Those installed on the machine, in order of PATH, then the newest, then the one inside npm. Too old ones and broken ones are left out. */
export function findPostgresInstalls(): PostgresInstall[] {
  const found = new Map<string, PostgresInstall>();
  for (const folder of commandFolders(VERSION_ROOTS.flatMap(([root, pattern]) => versionedFolders(root, pattern)))) {
    const install = inspect(folder, false);
    if (install && !found.has(install.postgres)) found.set(install.postgres, install);
  }
  return [...found.values(), ...embeddedInstalls()];
}

/** Only the one inside npm; empty where there is none for this platform. */
export function embeddedInstalls(): PostgresInstall[] {
  const folder = embeddedPostgresFolder();
  const install = folder && inspect(folder, true);
  return install ? [install] : [];
}

function inspect(folder: string, isEmbedded: boolean): PostgresInstall | null {
  const found = executable(folder, 'postgres');
  // PATH often has links; initdb and the libraries are beside the real one.
  const postgres = found && realpathSync(found);
  const initdb = postgres && executable(dirname(postgres), 'initdb');
  if (!postgres || !initdb) return null;
  try {
    const output = execFileSync(postgres, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 });
    const version = /\d+(\.\d+)?/.exec(output.toString())?.[0] ?? '0';
    const major = Number.parseInt(version, 10);
    return major >= OLDEST_MAJOR ? { initdb, postgres, version, major, isEmbedded } : null;
  } catch {
    return null;
  }
}
