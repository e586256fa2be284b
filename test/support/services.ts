import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../src/data-source.js';
import { startPostgres } from '../../src/launcher/services/postgres.js';
import { startRedis } from '../../src/launcher/services/redis.js';
import type { Service } from '../../src/launcher/services/service.js';
import { Watchdog } from '../../src/launcher/watchdog.js';
import { FAST_POSTGRES, TEMPLATE_DATABASE } from './test-services.js';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** A migrated, otherwise empty database of this test file's own. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  const url = Object.assign(new URL(required('TEST_DATABASE_URL')), { pathname: `/${name}` }).href;
  return { name, url, drop: () => dropTestDatabase(name) };
}

export async function dropTestDatabase(name: string): Promise<void> {
  await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** The Redis shared by all tests; keep apart by `uniqueRedisPrefix`. */
export function testRedisUrl(): string {
  return required('TEST_REDIS_URL');
}

export function uniqueRedisPrefix(): string {
  return `{test-${randomBytes(6).toString('hex')}}`;
}

/** A service for one test file, which may stop, start and empty it at will; its URL stays the same. */
export interface OwnService {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** As by kill -9. */
  kill(): Promise<void>;
  /** Stops it and deletes its data. */
  remove(): Promise<void>;
}

/** A migrated PostgreSQL of the test's own. */
export async function ownPostgres(): Promise<OwnService> {
  const own = await ownService((dataDir, watchdog, port) =>
    startPostgres({ dataDir, watchdog, port, maxConnections: 100, settings: FAST_POSTGRES }),
  );
  await migrate(own.url);
  return own;
}

/** A Redis of the test's own. */
export function ownRedis(): Promise<OwnService> {
  return ownService((dataDir, watchdog, port) => startRedis({ dataDir, watchdog, port }));
}

type Start = (dataDir: string, watchdog: Watchdog, port?: number) => Promise<Service>;

async function ownService(start: Start): Promise<OwnService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nodeman-own-'));
  const watchdog = new Watchdog();
  let service = await start(dataDir, watchdog);
  const { url } = service;
  return {
    url,
    start: async () => {
      service = await start(dataDir, watchdog, Number(new URL(url).port));
    },
    stop: () => service.stop(),
    kill: async () => {
      service.kill();
      await service.exited;
    },
    remove: async () => {
      await service.stop();
      await watchdog.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function administer(sql: string): Promise<void> {
  const client = new Client({ connectionString: required('TEST_DATABASE_URL') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests through jest.config.js`);
  return value;
}
