import type { SelectQueryBuilder } from 'typeorm';
import { ValidateError } from '../common/errors/app-error.js';
import { parseAddress } from '../common/validation/addresses.js';
import { parseId } from '../common/validation/ids.js';
import type { Job } from './job.entity.js';
import type { JobListQuery } from './job-list.query.js';
import { FIELD_TEXTS } from './submit/task-texts.js';

/** A job is closed a moment after its last run has ended; until then its runs tell. */
const STATUS = `CASE
  WHEN job.status <> 'RUNNING' THEN job.status
  WHEN EXISTS (SELECT FROM job_hosts r WHERE r.job_id = job.id AND r.status IN ('QUEUE', 'RUNNING')) THEN 'RUNNING'
  WHEN NOT EXISTS (SELECT FROM job_hosts r WHERE r.job_id = job.id AND r.status = 'FAILED') THEN 'SUCCESS'
  WHEN NOT EXISTS (SELECT FROM job_hosts r WHERE r.job_id = job.id AND r.status = 'SUCCESS') THEN 'FAILED'
  ELSE 'PARTIAL_SUCCESS' END`;

const HAS_ADDRESS = `EXISTS (
  SELECT FROM job_hosts r
  WHERE r.job_id = job.id AND r.business_id = job.business_id AND r.inner_ip = ANY(CAST(:addresses AS inet[])))`;

/** Narrows `jobs` (alias `job`) to those that the query asks for. @throws ValidateError */
export function filterJobs(jobs: SelectQueryBuilder<Job>, query: JobListQuery): void {
  if (query.op_type !== undefined) {
    const opType = query.op_type === 'SAVE' ? 'UPDATE_AUTHINFO' : query.op_type;
    jobs.andWhere('job.op_type = :opType', { opType });
  }
  if (query.node_type !== undefined) jobs.andWhere('job.node_type = :nodeType', { nodeType: query.node_type });
  if (query.status !== undefined) jobs.andWhere(`${STATUS} = :status`, { status: query.status });
  if (query.creator !== undefined) jobs.andWhere('job.creator = :creator', { creator: query.creator });
  if (query.bk_cloud_id !== undefined) {
    jobs.andWhere('job.cloud_id = :cloudId', { cloudId: parseId(query.bk_cloud_id, 0) ?? -1 });
  }
  if (query.start_time__gte !== undefined) {
    jobs.andWhere('job.start_time >= :from', { from: timeFrom('start_time__gte', query.start_time__gte) });
  }
  if (query.start_time__lte !== undefined) {
    jobs.andWhere('job.start_time <= :until', { until: timeFrom('start_time__lte', query.start_time__lte) });
  }
  if (query.ip !== undefined) jobs.andWhere(HAS_ADDRESS, { addresses: query.ip.map(addressFrom) });
}

function addressFrom(text: string): string {
  const address = parseAddress(text);
  if (address === null) throw ValidateError.of('ip', FIELD_TEXTS.address);
  return address;
}

/** The `+` of an offset comes as a blank from clients that do not encode it. Without an offset it is UTC. */
function timeFrom(field: string, text: string): Date {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+ -]\d{2}:?\d{2})?)?$/.exec(
    text.trim(),
  );
  const [, day, time = '00:00', offset = 'Z'] = match ?? [];
  const parsed = new Date(`${day}T${time}${offset.replace(' ', '+').replace(/(\d{2})(\d{2})$/, '$1:$2')}`);
  if (!match || Number.isNaN(parsed.getTime()) || !isDay(day!)) throw ValidateError.of(field, FIELD_TEXTS.time);
  return parsed;
}

/** JavaScript takes the 30th of February for the 1st of March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day);
}
