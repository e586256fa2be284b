import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { childEnv } from '../../env/process-env.js';
import { Child, describeExit } from '../child.js';
import { ServiceStartError } from '../launcher.errors.js';
import { isAlive } from '../process-table.js';
import { freePort } from './free-port.js';
import { isOrphan, stopOrphan } from './orphan.js';
import { passwordIn } from '../password-file.js';
import { requirePassage } from './passage.js';
import { chooseInstall, clusterMajor, createCluster, POSTGRES_USER, REMEDY } from './postgres-cluster.js';
import { findPostgresInstalls, type PostgresInstall } from './postgres-installs.js';
import type { Service, ServiceOptions } from './service.js';
import { ServiceLog } from './service-log.js';
import { unprivilegedFor } from './unprivileged.js';

const DATABASE = 'nodeman';
/** After a crash PostgreSQL replays its log first, which may take minutes. */
const READY_TIMEOUT_MS = 300_000;
const ATTEMPTS = 4;
/** Failures that pass: someone took the port; backends of a killed server are still ending. */
const PASSING = /could not bind|Address already in use|shared memory block/;

export interface PostgresOptions extends ServiceOptions {
  /** Connections that all processes together may hold. */
  readonly maxConnections: number;
  /** Which to choose from; default: all that can be found, then the one inside npm. */
  readonly installs?: readonly PostgresInstall[];
  /** More settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts a PostgreSQL of our own on `dataDir/postgres`, on loopback, with a password.
 * @throws LauncherError with a remedy
 */
export async function startPostgres(options: PostgresOptions): Promise<Service> {
  const home = join(options.dataDir, 'postgres');
  const folder = join(home, 'data');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const install = chooseInstall(options.installs ?? findPostgresInstalls(), folder);
  const account = unprivilegedFor(home);
  requirePassage(account, [install.postgres, home]);
  const password = passwordIn(join(options.dataDir, 'postgres.password'));
  await clearPidFile(folder);
  if (clusterMajor(folder) === null) createCluster(install, folder, password, account);
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const log = new ServiceLog(join(options.dataDir, 'postgres.log'));
    const child = spawnServer(options, install, folder, port, account, log.descriptor);
    log.close();
    const url = `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
    try {
      await untilReady(child, url, log);
      return service(
        child,
        url,
        `PostgreSQL ${install.version}${install.isEmbedded ? ' (inside npm)' : ''} on 127.0.0.1:${port}`,
      );
    } catch (error) {
      await child.stop();
      if (attempt === ATTEMPTS || !PASSING.test((error as Error).message)) throw error;
      await delay(500);
    }
  }
}

function service(child: Child, url: string, description: string): Service {
  return {
    name: 'PostgreSQL',
    url,
    description,
    warning: null,
    exited: child.exited,
    stop: () => child.stop(),
    kill: () => child.kill(),
  };
}

/** Ends a server that a killed launcher left behind; forgets one whose number another process has by now. */
async function clearPidFile(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  if (isOrphan(pid, folder)) return stopOrphan(pid, folder, 'SIGINT');
  // PostgreSQL copes with a dead pid, and needs the file for it; but it takes any living process of that number for a server.
  if (isAlive(pid)) rmSync(file, { force: true });
}

function spawnServer(
  options: PostgresOptions,
  install: PostgresInstall,
  folder: string,
  port: number,
  { wrapper, uid, gid }: ReturnType<typeof unprivilegedFor>,
  outputFd: number,
): Child {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(options.maxConnections),
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...options.settings,
  };
  const server = [install.postgres, '-D', folder, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
  const [command, ...args] = [...wrapper, ...server];
  // SIGINT is PostgreSQL's fast shutdown: it disconnects clients and writes everything down.
  const stop = { stopSignal: 'SIGINT', stopTimeoutMs: 20_000 } as const;
  return new Child({
    command: command!,
    args,
    cwd: folder,
    env: childEnv({ LC_ALL: undefined }),
    uid,
    gid,
    outputFd,
    watchdog: options.watchdog,
    ...stop,
  });
}

/** Resolves once our database exists and takes connections. */
async function untilReady(child: Child, url: string, log: ServiceLog): Promise<void> {
  const maintenance = Object.assign(new URL(url), { pathname: '/postgres' }).href;
  let lastError = 'no answer';
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline; await delay(50)) {
    if (!child.isRunning) break;
    const client = new Client({ connectionString: maintenance, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await createDatabase(client);
      return;
    } catch (error) {
      lastError = (error as Error).message;
      if (/password authentication failed/.test(lastError)) break;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  const end = child.isRunning ? lastError : describeExit(await child.exited);
  throw new ServiceStartError(
    'PostgreSQL',
    [end, log.lastWords() || child.lastWords].join('\n'),
    `${REMEDY} Its log: ${log.file}`,
  );
}

async function createDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
}
