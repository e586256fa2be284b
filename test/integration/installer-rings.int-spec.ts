import Bull, { type Queue } from 'bull';
import { bullOptions } from '../../src/common/redis/bull-options.js';
import { InstallQueue, type InstallJobData } from '../../src/tasks/install.queue.js';
import { aTestEnv } from '../support/env.js';
import { eventually } from '../support/eventually.js';
import { type OwnService, ownRedis } from '../support/services.js';

let redis: OwnService;
let queue: Queue<InstallJobData>;
let rings: InstallQueue;

beforeAll(async () => {
  redis = await ownRedis();
  queue = new Bull<InstallJobData>('install', bullOptions(aTestEnv({ redisUrl: redis.url })));
  rings = new InstallQueue(queue);
  await queue.isReady();
});

afterAll(async () => {
  await queue.close();
  await redis.remove();
});

const someRuns = (count: number) => Array.from({ length: count }, (_, n) => ({ id: n + 1, attempt: 0 }));

describe('InstallQueue', () => {
  it('rings once for a run and its attempt, however often it is asked to', async () => {
    await rings.ring([{ id: 5, attempt: 0 }]);
    await rings.ring([{ id: 5, attempt: 0 }]);
    await rings.ring([{ id: 5, attempt: 1 }]);
    const waiting = await queue.getWaiting();
    expect(waiting.map(({ id, data }) => [id, data]).sort()).toEqual([
      ['run-5-attempt-0', { runId: 5 }],
      ['run-5-attempt-1', { runId: 5 }],
    ]);
    await queue.empty();
  });

  it('fills Redis with at most 1 000 rings at a time', async () => {
    await rings.ring(someRuns(10_000));
    expect(await queue.getWaitingCount()).toBe(1_000);
    await queue.empty();
  });

  it('leaves nothing behind once a ring is answered', async () => {
    const answered: number[] = [];
    void queue.process(10, async ({ data }) => void answered.push(data.runId));
    await rings.ring(someRuns(20));
    await eventually(() => answered.length === 20);
    await eventually(async () => Object.values(await queue.getJobCounts()).every((count) => count === 0));
    await rings.ring(someRuns(1));
    await eventually(() => answered.length === 21);
  });

  it('neither fails nor waits when Redis is away', async () => {
    await redis.kill();
    await eventually(() => queue.client.status !== 'ready');
    const started = performance.now();
    await rings.ring(someRuns(3));
    expect(performance.now() - started).toBeLessThan(1_100);
    await redis.start();
    await eventually(() => queue.client.status === 'ready');
  });
});
