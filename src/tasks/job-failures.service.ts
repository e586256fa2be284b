import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Text } from '../common/i18n/text.js';
import { ERR_CODES, type ErrCode, errCodeText } from '../common/vocabulary/err-codes.js';
import { JobsService } from './jobs.service.js';
import { filledIn, type Placeholders, type RunFailureRecord, type StoredText } from './run-failure-record.js';

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
  /** Of the same host; without account and port when it is gone. */
  place: Placeholders;
}

const NOTHING = Text.verbatim('');

/** What no rule explained is named by its err_code, and so is what was never recorded: the two are one group. */
const FAILURES = `
  SELECT f.err_code AS "errCode", f.host_ids AS "hostIds", r.failure, r.err_desc AS "errDesc",
    jsonb_build_object('host_id', r.host_id, 'inner_ip', host(r.inner_ip), 'account', h.account, 'port', h.port) AS place
  FROM (
    SELECT err_code, coalesce(failure ->> 'id', lower(err_code)) AS failure_id,
      array_agg(host_id ORDER BY host_id) AS host_ids
    FROM job_hosts WHERE job_id = $1 AND status = 'FAILED' GROUP BY 1, 2
  ) f
  JOIN job_hosts r ON r.job_id = $1 AND r.status = 'FAILED' AND r.host_id = f.host_ids[1]
  LEFT JOIN hosts h ON h.id = r.host_id
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
    return rows.map((row) => failureFrom(businessId, row));
  }
}

/** A run without a record tells at least what its code means. */
function failureFrom(businessId: number, { errCode, hostIds, failure, errDesc, place }: FailureRow): JobFailure {
  const about = Object.hasOwn(ERR_CODES, errCode) ? ERR_CODES[errCode as ErrCode] : null;
  const cause = failure?.cause ?? about?.cause ?? errCodeText(errCode);
  // What is to be done to several hosts stays a pattern.
  const values = hostIds.length === 1 ? place : {};
  const remedy = filledIn(failure?.remedy ?? about?.remedy ?? NOTHING, { bk_biz_id: businessId, ...values });
  return { errCode, hostIds, cause: new Text(cause.zh, cause.en), evidence: evidenceFrom(failure, errDesc), remedy };
}

/** Where no command and no output was, what happened is the evidence. */
function evidenceFrom(failure: RunFailureRecord | null, errDesc: StoredText | null): Text {
  if (failure?.evidence) return Text.verbatim(failure.evidence);
  return Text.fromJson(failure?.happened ?? errDesc) ?? NOTHING;
}
