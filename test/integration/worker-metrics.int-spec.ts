import { Counter, Gauge, register } from 'prom-client';
import { RedisService } from '../../src/common/redis/redis.service.js';
import { WorkerMetrics } from '../../src/health/worker-metrics.js';
import { aTestEnv } from '../support/env.js';
import { eventually } from '../support/eventually.js';

describe('WorkerMetrics', () => {
  const redis = new RedisService(aTestEnv());
  const metrics = new WorkerMetrics(redis);
  const runs = new Counter({ name: 'nodeman_runs_total', help: 'Runs', labelNames: ['err_code'] });
  const sessions = new Gauge({ name: 'nodeman_ssh_sessions', help: 'Sessions' });

  beforeAll(() => eventually(() => redis.client.status === 'ready'));
  afterAll(() => {
    register.clear();
    redis.onModuleDestroy();
  });

  it('has nothing to say without workers', async () => {
    expect(await metrics.summed()).toBe('');
  });

  it('sums what the workers share, and leaves out what is about one process', async () => {
    new Gauge({ name: 'process_resident_memory_bytes', help: 'Memory' }).set(1);
    runs.inc({ err_code: 'SUCCESS' }, 2);
    sessions.set(3);
    await metrics.share('one');
    runs.inc({ err_code: 'FORCE_STOP' }, 1);
    await metrics.share('two');
    const text = await metrics.summed();
    expect(text).toMatch(/^nodeman_runs_total\{err_code="SUCCESS"\} 4$/m);
    expect(text).toMatch(/^nodeman_runs_total\{err_code="FORCE_STOP"\} 1$/m);
    expect(text).toMatch(/^nodeman_ssh_sessions 6$/m);
    expect(text).not.toContain('process_');
  });

  it('forgets a worker that tells nothing any more', async () => {
    await redis.client.del(redis.key('metrics:one'));
    expect(await metrics.summed()).toMatch(/^nodeman_ssh_sessions 3$/m);
    expect(await redis.client.smembers(redis.key('metrics'))).toEqual(['two']);
  });
});
