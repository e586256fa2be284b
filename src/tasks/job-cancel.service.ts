import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ObjectNotExistError } from '../common/errors/app-error.js';
import { JobNotFoundError } from './job.errors.js';
import { JobsService } from './jobs.service.js';
import { RunCancelService } from './run-cancel.service.js';

/** What became of the runs that somebody wanted to end. */
export interface CancelCount {
  stopped: number;
  alreadyEnded: number;
}

/** How long an answer waits for workers to end what they work on, so that it is usually true by then. */
const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 100;

const RUNS = `
  SELECT id, job_id AS "jobId", status IN ('QUEUE', 'RUNNING') AS "isActive" FROM job_hosts
  WHERE job_id = ANY($1::int[]) AND ($2::int[] IS NULL OR host_id = ANY($2::int[]))`;

const ANY_ACTIVE = `
  SELECT EXISTS (SELECT FROM job_hosts WHERE id = ANY($1::int[]) AND status IN ('QUEUE', 'RUNNING')) AS "isAny"`;

const ENDED_OTHERWISE = `
  SELECT id FROM job_hosts WHERE id = ANY($1::int[]) AND status IN ('SUCCESS', 'FAILED') AND err_code <> 'FORCE_STOP'`;

/** Ends the runs of jobs because a person wants it. */
@Injectable()
export class JobCancelService {
  private readonly logger = new Logger(JobCancelService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: JobsService,
    private readonly runs: RunCancelService,
  ) {}

  /**
   * Ends what is queued or running of one job, on these hosts or on all.
   * @param by the name of the person, for the log
   * @throws ObjectNotExistError when there is no such job, or none of the hosts is in it
   */
  async cancel(businessId: number, jobId: number, hostIds: readonly number[] | null, by: string): Promise<CancelCount> {
    const job = await this.jobs.get(businessId, jobId);
    const counts = await this.cancelRuns([job.id], hostIds, by);
    const count = counts.get(job.id)!;
    if (hostIds && count.stopped + count.alreadyEnded === 0) throw new ObjectNotExistError();
    return count;
  }

  /**
   * Ends what is queued or running of several jobs; by job id, ascending. Ids that the business does not have are missing.
   * @throws JobNotFoundError when it has none of them
   */
  async cancelMany(businessId: number, jobIds: readonly number[], by: string): Promise<Map<number, CancelCount>> {
    const known = await this.jobs.existing(businessId, jobIds);
    if (known.length === 0) throw new JobNotFoundError();
    return this.cancelRuns(known, null, by);
  }

  private async cancelRuns(jobIds: readonly number[], hostIds: readonly number[] | null, by: string) {
    const runs = await this.dataSource.query<{ id: number; jobId: number; isActive: boolean }[]>(RUNS, [
      jobIds,
      hostIds,
    ]);
    const active = runs.filter(({ isActive }) => isActive).map(({ id }) => id);
    const stopped = await this.stop(active, by);
    const counts = new Map(jobIds.map((id) => [id, { stopped: 0, alreadyEnded: 0 }]));
    for (const { id, jobId } of runs) counts.get(jobId)![stopped.has(id) ? 'stopped' : 'alreadyEnded'] += 1;
    return counts;
  }

  /** Those that ended, or will end, because of this; some end by themselves at the same moment. */
  private async stop(runIds: readonly number[], by: string): Promise<ReadonlySet<number>> {
    const { endedIds, askedIds } = await this.dataSource.transaction((manager) =>
      this.runs.request(manager, runIds, by),
    );
    await this.runs.announce([...endedIds, ...askedIds]);
    this.logger.log(`${by} stops ${endedIds.length} queued and ${askedIds.length} running hosts`);
    if (askedIds.length === 0) return new Set(endedIds);
    await this.waitForEnd(askedIds);
    const otherwise = await this.dataSource.query<{ id: number }[]>(ENDED_OTHERWISE, [askedIds]);
    const stopped = new Set([...endedIds, ...askedIds]);
    for (const { id } of otherwise) stopped.delete(id);
    return stopped;
  }

  private async waitForEnd(runIds: readonly number[]): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline) {
      const [{ isAny }] = await this.dataSource.query<[{ isAny: boolean }]>(ANY_ACTIVE, [runIds]);
      if (!isAny) return;
      await delay(LOOK_EVERY_MS);
    }
  }
}
