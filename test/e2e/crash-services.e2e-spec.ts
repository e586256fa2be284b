import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.js';
import { endOfJob, Installation, runAt } from '../support/installation.js';
import { PuppetHost } from '../support/puppet-host.js';
import { type OwnService, ownPostgres, ownRedis } from '../support/services.js';

let postgres: OwnService;
let redis: OwnService;
let installation: Installation;
const hosts: PuppetHost[] = [];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()]);
  installation = await Installation.start({ databaseUrl: postgres.url, redisUrl: redis.url });
  await installation.startWorker({ WORKER_CONCURRENCY: '1' });
}, 90_000);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await installation?.stop();
  await Promise.all([postgres?.remove(), redis?.remove()]);
});

async function aHost(): Promise<PuppetHost> {
  const number = hosts.length + 1;
  const host = await PuppetHost.start(join(installation.folder, `host-${number}`), `127.0.82.${number}`);
  hosts.push(host);
  return host;
}

async function install(host: PuppetHost): Promise<number> {
  const body = { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts: [host.row] };
  return (await installation.must('POST', '/api/1/tasks/', body)).id;
}

/** Waits until the API says this of itself. */
async function isReady(status: 'ok' | 'unavailable', redisIs: 'ok' | 'down'): Promise<void> {
  await eventually(async () => {
    const seen = await (await fetch(`${installation.api.url}/api/health/ready`)).json();
    expect(seen).toMatchObject({ status, checks: { redis: redisIs } });
    return true;
  });
}

/** One is being worked on and stands still, the other waits for it. */
async function oneRunningOneQueued() {
  const [running, queued] = [await aHost(), await aHost()];
  await running.hold('EXECUTE_SCRIPT');
  const jobIds = [await install(running), await install(queued)];
  await running.isHeld('EXECUTE_SCRIPT');
  expect((await runAt(installation, queued.address)).status).toBe('QUEUE');
  return { running, queued, jobIds };
}

async function expectInstalled(host: PuppetHost): Promise<void> {
  const status = async () => (await installation.must('GET', `/api/1/hosts/?ip=${host.address}`)).items[0].status[0];
  await eventually(async () => (await status()).status === 'RUNNING');
  expect(await host.overlaps()).toEqual([]);
  expect(host.scriptProcesses()).toEqual([]);
  expect(host.supervisors()).toHaveLength(1);
}

it('Redis is emptied and stopped with runs queued and running: they end all the same, each done once', async () => {
  const { running, queued, jobIds } = await oneRunningOneQueued();
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
  await redis.kill();
  await isReady('unavailable', 'down');

  const late = await aHost();
  jobIds.push(await install(late));
  await running.release('EXECUTE_SCRIPT');
  for (const id of jobIds) expect(await endOfJob(installation, id)).toMatchObject({ status: 'SUCCESS' });

  const { running: running2, queued: queued2, jobIds: jobIds2 } = await oneRunningOneQueued();
  await redis.start();
  const again = new Redis(redis.url);
  await again.flushall();
  again.disconnect();
  await running2.release('EXECUTE_SCRIPT');
  for (const id of jobIds2) expect(await endOfJob(installation, id)).toMatchObject({ status: 'SUCCESS' });
  await isReady('ok', 'ok');

  for (const host of [running, queued, late, running2, queued2]) {
    expect(await runAt(installation, host.address)).toMatchObject({ attempt: 1, losses: 0 });
    expect(await host.installations()).toBe(1);
    await expectInstalled(host);
  }
  expect(installation.workers.every(({ isRunning }) => isRunning)).toBe(true);
}, 60_000);

it('Postgres restarts while runs are queued and running: they end all the same', async () => {
  const { running, queued, jobIds } = await oneRunningOneQueued();
  await postgres.stop();
  await running.release('EXECUTE_SCRIPT');
  const refused = await installation.admin.get('/api/1/hosts/');
  expect([refused.status, refused.body.code]).toEqual([503, 'FATAL_ERROR']);
  await postgres.start();

  for (const id of jobIds) expect(await endOfJob(installation, id)).toMatchObject({ status: 'SUCCESS' });
  for (const host of [running, queued]) await expectInstalled(host);
}, 60_000);

it('Postgres is away for longer than a lease: the worker gives its run up by itself, and takes it up again', async () => {
  const host = await aHost();
  await host.hold('EXECUTE_SCRIPT');
  const jobId = await install(host);
  await host.isHeld('EXECUTE_SCRIPT');
  await postgres.stop();
  // Nobody can have told it: the database that would give the run to another is down.
  await eventually(() => host.scriptProcesses().length === 0, { timeoutMs: 20_000 });
  expect(installation.workers[0]!.log).toContain('leases cannot be renewed');
  await host.release('EXECUTE_SCRIPT');
  await postgres.start();

  expect(await endOfJob(installation, jobId)).toMatchObject({ status: 'SUCCESS' });
  expect(await runAt(installation, host.address)).toMatchObject({ attempt: 2, losses: 1 });
  expect(await host.installations()).toBe(2);
  await expectInstalled(host);
  expect(installation.api.isRunning && installation.workers[0]!.isRunning).toBe(true);
}, 60_000);
