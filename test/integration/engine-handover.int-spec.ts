import { Dispatcher } from '../../src/installer/dispatcher.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import { RunClaims } from '../../src/tasks/run-claims.js';
import { Engine, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { aSilentServer, type OddFileServer } from '../support/file-servers.js';
import { type OwnService, ownPostgres, ownRedis } from '../support/services.js';

let engine: Engine;
let stuck: OddFileServer;
const services: OwnService[] = [];

beforeEach(async () => {
  stuck = await aSilentServer();
});

afterEach(async () => {
  await engine.close();
  await stuck.close();
  await Promise.all(services.splice(0).map((service) => service.remove()));
}, 60_000);

/** A run whose download hangs; `goOn` is for the next attempt, closing the stuck server for this one. */
async function aStuckRun(): Promise<Target & { run: JobHost; goOn: () => Promise<void> }> {
  await engine.serveFrom(stuck.address, await engine.address());
  const target = await engine.aTarget();
  const run = await engine.queue(target.host, 'INSTALL');
  await eventually(() => stuck.requests.length > 0);
  return { ...target, run, goOn: async () => engine.serveFrom(await engine.address()) };
}

describe('a worker that goes away', () => {
  it('hands its runs back within 8 s, and the next goes on where they stood', async () => {
    engine = await Engine.start();
    const first = await engine.startWorker();
    const { run, fleet, goOn } = await aStuckRun();
    const asked = performance.now();
    await engine.stopWorker(first);
    expect(performance.now() - asked).toBeLessThan(8_000);
    expect(await fleet.processes()).toEqual([]);
    expect(await engine.stateOf(run.id)).toMatchObject({ status: 'RUNNING', leaseOwner: null, losses: 0 });
    await goOn();
    await engine.startWorker();
    const ended = await engine.endOf(run);
    expect(ended).toMatchObject({ status: 'SUCCESS', attempt: 2, losses: 0 });
    const log = await engine.logOf(run);
    expect(log.filter((line) => line.startsWith('[INSTALL_DEP] Installing'))).toHaveLength(1);
    expect(log).toContainEqual(expect.stringMatching(/Taken over \(attempt 2\), going on at step DOWNLOAD_FILE/));
  }, 60_000);

  it('that is cut off from Postgres stops acting before another takes its run over', async () => {
    engine = await Engine.start();
    const cutOff = await engine.startWorker();
    const { run, machine, fleet, goOn } = await aStuckRun();
    const claims = cutOff.get(RunClaims, { strict: false });
    Object.assign(claims, { renew: () => new Promise(() => undefined), claim: () => Promise.resolve([]) });
    await goOn();
    await eventually(async () => (await fleet.processes()).length === 0);
    expect(await engine.stateOf(run.id)).toMatchObject({ status: 'RUNNING', attempt: 1 });
    await engine.startWorker();
    expect(await engine.endOf(run)).toMatchObject({ status: 'SUCCESS', attempt: 2, losses: 1 });
    expect(machine.loginAttempts.filter(({ wasAccepted }) => wasAccepted)).toHaveLength(2);
  }, 60_000);

  it('takes no new runs while it stops', async () => {
    engine = await Engine.start();
    const worker = await engine.startWorker();
    const dispatcher = worker.get(Dispatcher, { strict: false });
    const { host } = await engine.aTarget();
    await dispatcher.onModuleDestroy();
    const run = await engine.queue(host, 'INSTALL');
    dispatcher.wake();
    await engine.stopWorker(worker);
    expect(await engine.stateOf(run.id)).toMatchObject({ status: 'QUEUE', attempt: 0 });
  }, 60_000);
});

describe('services that go away', () => {
  it('a short outage of Postgres in the middle of a run changes nothing but its time', async () => {
    const postgres = await ownPostgres();
    services.push(postgres);
    engine = await Engine.start({ databaseUrl: postgres.url, leaseSeconds: 15 });
    await engine.startWorker();
    const { run } = await aStuckRun();
    await postgres.kill();
    await postgres.start();
    // The host fails over to the server, and the run writes all that it could not write meanwhile.
    await stuck.close();
    expect(await engine.endOf(run, 40_000)).toMatchObject({ status: 'SUCCESS', attempt: 1, losses: 0 });
  }, 90_000);

  it('without Redis runs are found by the timer, and a worker stops as usual', async () => {
    const redis = await ownRedis();
    services.push(redis);
    engine = await Engine.start({ redisUrl: redis.url });
    const worker = await engine.startWorker();
    await redis.kill();
    const { host } = await engine.aTarget();
    const run = await engine.queue(host, 'INSTALL', {}, { isRung: false });
    expect(await engine.endOf(run)).toMatchObject({ status: 'SUCCESS' });
    const asked = performance.now();
    await engine.stopWorker(worker);
    expect(performance.now() - asked).toBeLessThan(8_000);
  }, 60_000);
});

it('a worker works on as many runs as it has slots, and no more', async () => {
  engine = await Engine.start();
  await engine.startWorker({ workerConcurrency: 2 });
  await engine.serveFrom(stuck.address);
  const runs: JobHost[] = [];
  for (let n = 0; n < 3; n += 1) runs.push(await engine.queue((await engine.aTarget()).host, 'INSTALL'));
  await eventually(() => stuck.requests.length === 2);
  expect(await engine.stateOf(runs[2]!.id)).toMatchObject({ status: 'QUEUE' });
  await engine.cancel(runs[0]!.id);
  await eventually(() => stuck.requests.length === 3);
  expect(await engine.stateOf(runs[2]!.id)).toMatchObject({ status: 'RUNNING' });
}, 60_000);
