import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Text } from '../common/i18n/text.js';
import { ERR_CODES, type ErrCode, errCodeText } from '../common/vocabulary/err-codes.js';
import { JobsService } from './jobs.service.js';
import type { RunFailureRecord, StoredText } from './run-failure-record.js';

/** Hosts of a job that failed for one and the same reason. */
export interface JobFailure {
  errCode: string;
  /** Ascending. */
  hostIds: number[];
  cause: Text;
  /** What was seen on the host with the lowest id. */
  evidence: Text;
  remedy: Text;
}

interface FailureRow {
  errCode: string;
  hostIds: number[];
  /** Of the host with the lowest id; null for a run that nothing on the way went wrong with, and for older ones. */
  failure: RunFailureRecord | null;
  errDesc: StoredText | null;
}

/** What no rule explained is named by its err_code, and so is what was never recorded: the two are one group. */
const FAILURES = `
  SELECT f.err_code AS "errCode", f.host_ids AS "hostIds", r.failure, r.err_desc AS "errDesc"
  FROM (
    SELECT err_code, coalesce(failure ->> 'id', lower(err_code)) AS failure_id,
      array_agg(host_id ORDER BY host_id) AS host_ids
    FROM job_hosts WHERE job_id = $1 AND status = 'FAILED' GROUP BY 1, 2
  ) f
  JOIN job_hosts r ON r.job_id = $1 AND r.status = 'FAILED' AND r.host_id = f.host_ids[1]
  ORDER BY cardinality(f.host_ids) DESC, f.err_code, f.failure_id`;

/** Why hosts of a job failed, by cause. */
@Injectable()
export class JobFailuresService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly jobs: JobsService,
  ) {}

  /**
   * Those that most hosts have in common first, then by err_code.
   * @throws JobNotFoundError when the business has no such job
   */
  async list(businessId: number, jobId: number): Promise<JobFailure[]> {
    const job = await this.jobs.get(businessId, jobId);
    const rows = await this.dataSource.query<FailureRow[]>(FAILURES, [job.id]);
    return rows.map(failureFrom);
  }
}

/** A run without a record tells at least what its code means; its own sentence is the evidence then. */
function failureFrom({ errCode, hostIds, failure, errDesc }: FailureRow): JobFailure {
  if (failure) {
    const cause = new Text(failure.cause.zh, failure.cause.en);
    const remedy = new Text(failure.remedy.zh, failure.remedy.en);
    return { errCode, hostIds, cause, evidence: Text.verbatim(failure.evidence), remedy };
  }
  const about = Object.hasOwn(ERR_CODES, errCode) ? ERR_CODES[errCode as ErrCode] : null;
  return {
    errCode,
    hostIds,
    cause: about?.cause ?? errCodeText(errCode),
    evidence: Text.fromJson(errDesc) ?? Text.verbatim(''),
    remedy: about?.remedy ?? Text.verbatim(''),
  };
}
