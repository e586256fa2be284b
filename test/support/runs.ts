import { DataSource } from 'typeorm';
import type { RedisService } from '../../src/common/redis/redis.service.js';
import type { ConfigService } from '../../src/config/config.service.js';
import { dataSourceOptions } from '../../src/data-source.js';
import type { Host } from '../../src/hosts/host.entity.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import type { Job } from '../../src/tasks/job.entity.js';
import { RunCancelService } from '../../src/tasks/run-cancel.service.js';
import { RunClaims } from '../../src/tasks/run-claims.js';
import type { RunEffects } from '../../src/tasks/run-effects.js';
import { JobClosing } from '../../src/tasks/run-job-closing.js';
import { RunSweep } from '../../src/tasks/run-sweep.js';
import { RunTransitions } from '../../src/tasks/run-transitions.js';
import { aTestEnv } from './env.js';
import { aHost, aJob, aRun } from './factories.js';

/** The run side of tasks over a real database, without Nest, Redis or effects on other features. */
export async function openRuns(databaseUrl: string) {
  const dataSource = await new DataSource(dataSourceOptions(databaseUrl, 10, 'test')).initialize();
  const published: [channel: string, message: string][] = [];
  const redis = {
    publish: async (channel: string, message: string) => published.push([channel, message]) > 0,
  } as unknown as RedisService;
  const config = { timeoutSeconds: async () => 180 } as unknown as ConfigService;
  const effects = { ofSuccess: async () => undefined } as unknown as RunEffects;
  const jobs = new JobClosing(dataSource);
  return {
    dataSource,
    published,
    jobs,
    claims: new RunClaims(dataSource, config, aTestEnv({ leaseSeconds: 15 })),
    transitions: new RunTransitions(dataSource, redis, effects, jobs),
    sweep: new RunSweep(dataSource, redis, jobs),
    cancels: new RunCancelService(dataSource, redis, jobs),
    close: () => dataSource.destroy(),
  };
}

/** Inserts a queued run that is its host's last one; makes the host, and the job, where none are given. */
export async function aQueuedRun(
  dataSource: DataSource,
  { host, job, run }: { host?: Partial<Host>; job?: Job; run?: Partial<JobHost> } = {},
): Promise<{ host: Host; job: Job; run: JobHost }> {
  const newHost = await aHost(dataSource, host);
  const { businessId } = newHost;
  const itsJob = job ?? (await aJob(dataSource, { businessId, opType: run?.opType ?? 'INSTALL' }));
  const newRun = await aRun(dataSource, itsJob, newHost, run);
  await dataSource.manager.update(
    'hosts',
    { id: newHost.id },
    { runId: newRun.id, jobId: itsJob.id, jobStatus: 'QUEUE' },
  );
  return { host: newHost, job: itsJob, run: newRun };
}
