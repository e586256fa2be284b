import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Bull from 'bull';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { bullOptions } from '../../src/common/redis/bull-options.js';
import type { Env } from '../../src/env/env.js';
import { embeddedInstalls, findPostgresInstalls } from '../../src/launcher/services/postgres-installs.js';
import { startPostgres } from '../../src/launcher/services/postgres.js';
import { findRedisInstalls } from '../../src/launcher/services/redis-installs.js';
import { startRedis, type RedisServer } from '../../src/launcher/services/redis.js';
import type { Service } from '../../src/launcher/services/service.js';
import { Watchdog } from '../../src/launcher/watchdog.js';

let dataDir: string;
let watchdog: Watchdog;
const running: Service[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nodeman-launcher-'));
  watchdog = new Watchdog();
});

afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
  await watchdog.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function postgres(installs = findPostgresInstalls()): Promise<Service> {
  return track(
    startPostgres({ dataDir, watchdog, maxConnections: 20, installs, settings: { synchronous_commit: 'on' } }),
  );
}

function redis(installs = findRedisInstalls()): Promise<RedisServer> {
  return track(startRedis({ dataDir, watchdog, installs }));
}

async function track<T extends Service>(starting: Promise<T>): Promise<T> {
  const service = await starting;
  running.push(service);
  return service;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

describe('PostgreSQL', () => {
  it.each([
    ['inside npm', embeddedInstalls],
    ['of this machine', findPostgresInstalls],
  ])('%s starts and keeps its data', async (_, find) => {
    const first = await postgres(find());
    await query(first.url, `CREATE TABLE kept AS SELECT '值'::text AS value`);
    await first.stop();
    const second = await postgres(find());
    expect(await query(second.url, 'SELECT value FROM kept')).toEqual(['值']);
  });

  it('starts again after it was killed with its launcher gone', async () => {
    const first = await postgres();
    await query(first.url, 'CREATE TABLE kept ()');
    first.kill();
    await first.exited;
    expect(await query((await postgres()).url, `SELECT 'kept'::regclass::text`)).toEqual(['kept']);
  });

  it('ends a server that a killed launcher left behind, and takes over', async () => {
    const left = await postgres();
    const second = await postgres();
    await left.exited;
    expect(await query(second.url, 'SELECT 1')).toEqual([1]);
  });

  it('is not fooled by a living process that has the old number', async () => {
    const first = await postgres();
    await first.stop();
    await writeFile(join(dataDir, 'postgres/data/postmaster.pid'), `${process.pid}\n`);
    expect(await query((await postgres()).url, 'SELECT 1')).toEqual([1]);
  });

  it('refuses a folder of another major version, and says what to do', async () => {
    await (await postgres()).stop();
    await writeFile(join(dataDir, 'postgres/data/PG_VERSION'), '9\n');
    await expect(postgres()).rejects.toThrow(/was made by PostgreSQL 9.*\n.*Install PostgreSQL 9 again/);
  });

  it('opens with the password only, which nobody else can read', async () => {
    const { url } = await postgres();
    expect(statSync(join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);
    const wrong = Object.assign(new URL(url), { password: 'wrong' }).href;
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('knows the letters of every language', async () => {
    const { url } = await postgres(embeddedInstalls());
    expect(await query(url, `SELECT lower('ÄΔ') || (SELECT '空' ~ '\\w')::text`)).toEqual(['äδtrue']);
  });
});

describe('Redis', () => {
  it.each([
    ['of this machine', findRedisInstalls],
    ['in memory', () => []],
  ])('%s does the work of the queue, behind a password', async (_, find) => {
    const { url, isEmulated } = await redis(find());
    const options = bullOptions({ redisUrl: url, redisPrefix: '{t}', redisEmulated: isEmulated } as Env);
    const queue = new Bull('try', options);
    try {
      const done = new Promise((resolve) => queue.on('completed', (_job, result) => resolve(result)));
      void queue.process(5, (job) => Promise.resolve((job.data as { n: number }).n * 2));
      await queue.add({ n: 21 }, { jobId: 'run-1' });
      expect(await done).toBe(42);
    } finally {
      await queue.close();
    }
    const stranger = new Redis(Object.assign(new URL(url), { password: '' }).href, { lazyConnect: true });
    stranger.on('error', () => undefined);
    await expect(stranger.ping()).rejects.toThrow('NOAUTH');
    stranger.disconnect();
  });

  it('keeps what it was told over a restart', async () => {
    const tell = async (url: string, ...command: [string, ...string[]]) => {
      const client = new Redis(url);
      const answer = await client.call(...command);
      client.disconnect();
      return answer;
    };
    const first = await redis();
    await tell(first.url, 'SET', 'a', '1');
    await first.stop();
    expect(await tell((await redis()).url, 'GET', 'a')).toBe('1');
  });

  it('ends a server that a killed launcher left behind', async () => {
    const left = await redis();
    await redis();
    expect(await left.exited).toMatchObject({ code: 0 });
  });
});
