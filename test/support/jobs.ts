import type { DataSource } from 'typeorm';
import type { Host } from '../../src/hosts/host.entity.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import type { Job } from '../../src/tasks/job.entity.js';
import { aHost, aJob, aRun } from './factories.js';

/** Inserts a job with a run of each of these kinds, each the last of a host of its own. */
export async function aJobWith(
  dataSource: DataSource,
  runs: Partial<JobHost>[],
  job: Partial<Job> = {},
  host: Partial<Host> = {},
) {
  const made = await aJob(dataSource, job);
  const hosts: Host[] = [];
  for (const run of runs) {
    const its = await aHost(dataSource, { businessId: made.businessId, cloudId: made.cloudId, ...host });
    const { id } = await aRun(dataSource, made, its, run);
    await dataSource.manager.update(
      'hosts',
      { id: its.id },
      { runId: id, jobId: made.id, jobStatus: run.status ?? 'QUEUE' },
    );
    hosts.push(its);
  }
  return { job: made, hosts };
}

/** Kinds of runs. */
export const QUEUED = { status: 'QUEUE' } as const;
export const RUNNING = {
  status: 'RUNNING',
  errCode: 'STILL_RUNNING',
  leaseOwner: 'somebody',
  leaseExpiresAt: new Date('2100-01-01'),
} as const;
export const SUCCEEDED = {
  status: 'SUCCESS',
  errCode: 'SUCCESS',
  step: 'OVER_SUCCESS',
  endedAt: new Date('2024-01-01T10:00:00Z'),
} as const;
export const FAILED = {
  status: 'FAILED',
  errCode: 'SSH_WRONG_PASSWORD',
  step: 'OVER_FAILED',
  endedAt: new Date('2024-01-01T11:00:00Z'),
} as const;
