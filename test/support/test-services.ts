import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../src/data-source.js';
import { isAlive } from '../../src/launcher/process-table.js';
import { startPostgres } from '../../src/launcher/services/postgres.js';
import { startRedis } from '../../src/launcher/services/redis.js';
import { Watchdog } from '../../src/launcher/watchdog.js';

/** Every test database is a copy of this one. */
export const TEMPLATE_DATABASE = 'nodeman_template';

const FOLDER_PREFIX = 'nodeman-test-';

/** Nothing here has to survive a power cut. */
export const FAST_POSTGRES = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum_naptime: '1h',
};

export interface TestServices {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

/** The PostgreSQL and Redis of a test run: those of `TEST_DATABASE_URL` and `TEST_REDIS_URL`, else new ones on free ports. */
export async function startTestServices(): Promise<TestServices> {
  const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = process.env;
  const services = databaseUrl && redisUrl ? { databaseUrl, redisUrl, stop: async () => undefined } : await startOwn();
  try {
    await makeTemplate(services.databaseUrl);
    return services;
  } catch (error) {
    await services.stop();
    throw error;
  }
}

async function startOwn(): Promise<TestServices> {
  await removeLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  const watchdog = new Watchdog();
  const stop = async () => {
    await watchdog.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const postgres = await startPostgres({ dataDir, watchdog, maxConnections: 400, settings: FAST_POSTGRES });
    const redis = await startRedis({ dataDir, watchdog });
    return { databaseUrl: postgres.url, redisUrl: redis.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A test run that was killed could not delete its data; its watchdog has ended its servers. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^(\d+)-/.exec(name.slice(FOLDER_PREFIX.length))?.[1];
    if (!name.startsWith(FOLDER_PREFIX) || !pid || isAlive(Number(pid))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

async function makeTemplate(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE_DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  } finally {
    await client.end();
  }
  await migrate(Object.assign(new URL(databaseUrl), { pathname: `/${TEMPLATE_DATABASE}` }).href);
}
