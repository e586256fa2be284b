import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ObjectNotExistError } from '../common/errors/app-error.js';
import type { RunStatus } from '../tasks/task.enums.js';
import { NoLogError } from './log.errors.js';

/** How a run stands. */
export interface RunState {
  jobId: number;
  status: RunStatus;
  errCode: string;
  errDesc: { zh: string; en: string } | null;
  step: string;
}

export interface LogLine {
  /** A bigint, as text. */
  id: string;
  at: Date;
  step: string;
  en: string;
  /** Null: the same as `en`. */
  zh: string | null;
}

export interface LogOfRun {
  state: RunState;
  /** Oldest first. */
  lines: LogLine[];
}

/** Removed hosts too, since it is the log of a REMOVE that tells how it went. */
const RUN_OF_HOST = `
  SELECT coalesce(wanted.id, 0) AS "runId"
  FROM hosts h LEFT JOIN job_hosts wanted ON wanted.host_id = h.id AND
    CASE WHEN $3::int IS NULL THEN wanted.id = h.run_id ELSE wanted.job_id = $3 END
  WHERE h.id = $1 AND h.business_id = $2`;

const STATE_AND_LINES = `
  SELECT r.job_id AS "jobId", r.status, r.err_code AS "errCode", r.err_desc AS "errDesc", r.step,
    l.id, l.at, l.step AS "lineStep", l.en, l.zh
  FROM job_hosts r
  LEFT JOIN LATERAL (SELECT * FROM run_logs WHERE run_id = r.id AND id > $2 ORDER BY id LIMIT $3) l ON true
  WHERE r.id = $1 ORDER BY l.id`;

/** Beyond what `RunLogWriter` lets into one log. */
const WHOLE_LOG = 100_000;

type Row = RunState & Omit<LogLine, 'id'> & { id: string | null; lineStep: string };

/** The logs of runs, as they were written. */
@Injectable()
export class LogsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * The run of a host in a job; null for its last one other than UPDATE_AUTHINFO.
   * @throws ObjectNotExistError when the business has no such host
   * @throws NoLogError when the host has no such run
   */
  async runOf(businessId: number, hostId: number, jobId: number | null): Promise<number> {
    const [found] = await this.dataSource.query<{ runId: number }[]>(RUN_OF_HOST, [hostId, businessId, jobId]);
    if (!found) throw new ObjectNotExistError();
    if (found.runId === 0) throw new NoLogError();
    return found.runId;
  }

  /** How the run stands and what its log says. @throws NoLogError when the run is gone meanwhile */
  read(runId: number): Promise<LogOfRun> {
    return this.readAfter(runId, '0', WHOLE_LOG);
  }

  /**
   * The same, of the log only at most `limit` lines after the line `lastId`. State and lines are of the same moment: once
   * a run has ended and less than `limit` lines come, there are no more.
   */
  async readAfter(runId: number, lastId: string, limit: number): Promise<LogOfRun> {
    const rows = await this.dataSource.query<Row[]>(STATE_AND_LINES, [runId, lastId, limit]);
    const [first] = rows;
    if (!first) throw new NoLogError();
    const { jobId, status, errCode, errDesc, step } = first;
    const lines = rows.flatMap(({ id, at, lineStep, en, zh }) =>
      id === null ? [] : [{ id, at, step: lineStep, en, zh }],
    );
    return { state: { jobId, status, errCode, errDesc, step }, lines };
  }
}
