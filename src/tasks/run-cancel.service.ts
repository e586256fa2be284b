import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Text } from '../common/i18n/text.js';
import { RedisService } from '../common/redis/redis.service.js';
import { JobClosing } from './run-job-closing.js';
import { logChannel } from './run-log-channel.js';
import { copyToHosts, logEnding } from './run-sql.js';

/** Workers listen here; a message is a JSON list of run ids. */
export const RUN_CANCEL_CHANNEL = 'run-cancels';

/** Who a request to stop met. Runs that had ended before are in neither list. */
export interface CancelRequest {
  /** Were queued, and have ended. Sorted. */
  endedIds: number[];
  /** Are being worked on; their worker was asked, and will end them. Sorted. */
  askedIds: number[];
}

const REQUEST = `
  WITH wanted AS (
    SELECT id, status FROM job_hosts
    WHERE id = ANY($1::int[]) AND status IN ('QUEUE', 'RUNNING') ORDER BY id FOR NO KEY UPDATE
  ), ended AS (
    UPDATE job_hosts r SET status = 'FAILED', step = 'OVER_FAILED', err_code = 'FORCE_STOP', err_desc = $3::jsonb,
      attempt = r.attempt + 1, cancel_requested_at = now(), cancel_requested_by = $2, ended_at = now()
    FROM wanted w WHERE r.id = w.id AND w.status = 'QUEUE' RETURNING r.*
  ), asked AS (
    UPDATE job_hosts r SET cancel_requested_at = coalesce(r.cancel_requested_at, now()),
      cancel_requested_by = coalesce(r.cancel_requested_by, $2)
    FROM wanted w WHERE r.id = w.id AND w.status = 'RUNNING' RETURNING r.id
  ), copied AS (${copyToHosts('ended')}),
  logged AS (${logEnding('ended', '$3::jsonb')})
  SELECT id, true AS has_ended FROM ended UNION ALL SELECT id, false FROM asked ORDER BY id`;

/** Ends runs because a person wants it: queued ones at once, running ones by their worker. */
@Injectable()
export class RunCancelService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly redis: RedisService,
    private readonly jobs: JobClosing,
  ) {}

  /** @param by the name of the person, for the log */
  async request(manager: EntityManager, runIds: readonly number[], by: string): Promise<CancelRequest> {
    if (runIds.length === 0) return { endedIds: [], askedIds: [] };
    const why = new Text(`已由 ${by} 终止，任务尚未开始执行`, `Stopped by ${by} before anything was done on the host`);
    const rows = await manager.query<{ id: number; has_ended: boolean }[]>(REQUEST, [runIds, by, JSON.stringify(why)]);
    const idsOf = (hasEnded: boolean): number[] => rows.filter((r) => r.has_ended === hasEnded).map(({ id }) => id);
    return { endedIds: idsOf(true), askedIds: idsOf(false) };
  }

  /** To be called once the request is committed: tells the workers, the log streams and the jobs. Never throws. */
  async announce(runIds: readonly number[]): Promise<void> {
    if (runIds.length === 0) return;
    await Promise.all([
      this.redis.publish(RUN_CANCEL_CHANNEL, JSON.stringify(runIds)),
      ...runIds.slice(0, 1_000).map((id) => this.redis.publish(logChannel(id), '')),
      this.closeJobs(runIds),
    ]);
  }

  /** What fails here is done by the next sweep. */
  private async closeJobs(runIds: readonly number[]): Promise<void> {
    try {
      const rows = await this.dataSource.query<{ job_id: number }[]>(
        'SELECT DISTINCT job_id FROM job_hosts WHERE id = ANY($1::int[])',
        [runIds],
      );
      await this.jobs.close(rows.map((row) => row.job_id));
    } catch {
      return;
    }
  }
}
