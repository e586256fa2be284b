import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { childEnv } from '../../env/process-env.js';
import { Child, describeExit, type ChildExit } from '../child.js';
import { ServiceStartError } from '../launcher.errors.js';
import { startEmulatedRedis } from './emulated-redis.js';
import { freePort } from './free-port.js';
import { stopOrphan } from './orphan.js';
import { passwordIn } from '../password-file.js';
import { findRedisInstalls, type RedisInstall } from './redis-installs.js';
import type { Service, ServiceOptions } from './service.js';
import { ServiceLog } from './service-log.js';

const READY_TIMEOUT_MS = 60_000;
const ATTEMPTS = 4;
const PASSING = /bind|Address already in use/;
const MEMORY_ONLY =
  'No Redis was found: a stand-in in memory takes its place. It is slow and for trying out only, never for production. ' +
  'Nothing is lost when it ends, since PostgreSQL has the truth. Install redis-server or set REDIS_URL.';

export interface RedisOptions extends ServiceOptions {
  /** Which to choose from; default: all that can be found. With none, the in-memory stand-in is started. */
  readonly installs?: readonly RedisInstall[];
}

export interface RedisServer extends Service {
  /** True for the in-memory stand-in: clients need `REDIS_EMULATED=true`. */
  readonly isEmulated: boolean;
}

/**
 * Starts a Redis of our own on `dataDir/redis`, on loopback, with a password.
 * @throws LauncherError with a remedy
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const password = passwordIn(join(options.dataDir, 'redis.password'));
  const [install] = options.installs ?? findRedisInstalls();
  return install ? startReal(options, install, password) : startStandIn(password);
}

async function startReal(options: RedisOptions, install: RedisInstall, password: string): Promise<RedisServer> {
  const folder = join(options.dataDir, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await stopLeftOver(folder);
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const config = writeConfig(folder, port, password);
    const log = new ServiceLog(join(options.dataDir, 'redis.log'));
    const child = new Child({
      command: install.server,
      args: [config],
      cwd: folder,
      env: childEnv(),
      outputFd: log.descriptor,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: 10_000,
      watchdog: options.watchdog,
    });
    log.close();
    const url = `redis://:${password}@127.0.0.1:${port}/0`;
    try {
      await untilReady(child, url, log);
      return service(child, url, `${install.name} ${install.version} on 127.0.0.1:${port}`);
    } catch (error) {
      await child.stop();
      if (attempt === ATTEMPTS || !PASSING.test((error as Error).message)) throw error;
    }
  }
}

function service(child: Child, url: string, description: string): RedisServer {
  return {
    name: 'Redis',
    url,
    description,
    warning: null,
    isEmulated: false,
    exited: child.exited,
    stop: () => child.stop(),
    kill: () => child.kill(),
  };
}

async function startStandIn(password: string): Promise<RedisServer> {
  const emulated = await startEmulatedRedis(password);
  let ended: (exit: ChildExit) => void;
  const exited = new Promise<ChildExit>((resolve) => (ended = resolve));
  return {
    name: 'Redis',
    url: `redis://:${password}@127.0.0.1:${emulated.port}/0`,
    description: `Redis in memory, inside the launcher, on 127.0.0.1:${emulated.port}`,
    warning: MEMORY_ONLY,
    isEmulated: true,
    exited,
    stop: () => emulated.close().then(() => ended({ code: 0, signal: null })),
    kill: () => undefined,
  };
}

/** The password stands in a file that only we can read, not in the arguments that everybody can. */
function writeConfig(folder: string, port: number, password: string): string {
  const file = join(folder, 'redis.conf');
  const settings = {
    bind: '127.0.0.1',
    port,
    requirepass: password,
    daemonize: 'no',
    dir: JSON.stringify(folder),
    pidfile: JSON.stringify(join(folder, 'redis.pid')),
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '""',
    'maxmemory-policy': 'noeviction',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
}

/** Ends a server that a killed launcher left on our folder. Its command line shows `redis-server 127.0.0.1:<port>`. */
async function stopLeftOver(folder: string): Promise<void> {
  const pidFile = join(folder, 'redis.pid');
  const config = join(folder, 'redis.conf');
  if (!existsSync(pidFile) || !existsSync(config)) return;
  const port = /^port (\d+)$/m.exec(readFileSync(config, 'utf8'))?.[1];
  await stopOrphan(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), `127.0.0.1:${port}`, 'SIGTERM');
}

async function untilReady(child: Child, url: string, log: ServiceLog): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined);
  let lastError = 'no answer';
  try {
    for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline && child.isRunning; await delay(30)) {
      try {
        if (redis.status === 'wait' || redis.status === 'end') await redis.connect();
        await redis.ping();
        return;
      } catch (error) {
        lastError = (error as Error).message;
      }
    }
  } finally {
    redis.disconnect();
  }
  const end = child.isRunning ? lastError : describeExit(await child.exited);
  throw new ServiceStartError(
    'Redis',
    [end, log.lastWords() || child.lastWords].join('\n'),
    `Set REDIS_URL to a Redis that runs, or move the folder "redis" beside ${log.file} away: it holds nothing that PostgreSQL has not.`,
  );
}
