import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv } from '../../env/process-env.js';
import { LauncherError, ServiceStartError } from '../launcher.errors.js';
import type { PostgresInstall } from './postgres-installs.js';
import type { Unprivileged } from './unprivileged.js';

/** The account that owns the database. */
export const POSTGRES_USER = 'nodeman';

/** Sorting by code point with real character classes; names differ between systems, the last one exists everywhere. */
const LOCALES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

/** The major version that made the cluster in `folder`; null when there is none yet. */
export function clusterMajor(folder: string): number | null {
  const file = join(folder, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : null;
}

/**
 * The install that can open the cluster in `folder`, else the first.
 * @throws LauncherError when there is none, or none of the cluster's version
 */
export function chooseInstall(installs: readonly PostgresInstall[], folder: string): PostgresInstall {
  const major = clusterMajor(folder);
  const install = major === null ? installs[0] : installs.find((candidate) => candidate.major === major);
  if (install) return install;
  if (major === null) {
    throw new LauncherError(
      `There is no PostgreSQL here, and none inside npm for ${process.platform} ${process.arch}.\n` +
        'Install PostgreSQL 14 or later, or set DATABASE_URL.',
    );
  }
  const found = installs.map(({ version, isEmbedded }) => version + (isEmbedded ? ' (inside npm)' : '')).join(', ');
  throw new LauncherError(
    `${folder} was made by PostgreSQL ${major}, and this machine has ${found || 'none'}.\n` +
      `Install PostgreSQL ${major} again; or dump the data there and set DATABASE_URL to a server that has it; ` +
      'or move that folder away to begin with an empty database.',
  );
}

/** Makes the cluster in `folder`, whole or not at all. Takes about a second. */
export function createCluster(
  install: PostgresInstall,
  folder: string,
  password: string,
  { wrapper, uid, gid }: Unprivileged,
): void {
  const draft = `${folder}.draft`;
  const passwordFile = `${folder}.pw`;
  try {
    for (const locale of LOCALES) {
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft, { mode: 0o700 });
      writeFileSync(passwordFile, password, { mode: 0o600 });
      if (uid !== undefined && gid !== undefined) [draft, passwordFile].forEach((path) => chownSync(path, uid, gid));
      const [command, ...args] = [...wrapper, install.initdb, ...initdbOptions(draft, passwordFile, locale)];
      const result = spawnSync(command!, args, { uid, gid, env: childEnv({ LC_ALL: undefined }), encoding: 'utf8' });
      if (result.status === 0) return renameSync(draft, folder);
      const reason = result.error?.message ?? `${result.stderr}${result.stdout}`.trim();
      if (!reason.includes('locale') || locale === LOCALES.at(-1))
        throw new ServiceStartError('initdb', reason, REMEDY);
    }
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** What to do when the server that was found does not want to. */
export const REMEDY =
  'Set DATABASE_URL to a PostgreSQL that runs, or DATA_DIR to a folder on a local disk that this account owns.';

function initdbOptions(folder: string, passwordFile: string, locale: string): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    `--locale=${locale}`,
  ];
}
