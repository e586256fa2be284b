import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { ValidateError } from '../common/errors/app-error.js';
import { parseId, parseIdList } from '../common/validation/ids.js';
import { CommaList } from '../common/validation/transforms.js';
import type { CancelCount } from './job-cancel.service.js';
import { JobIdsMissingError } from './job.errors.js';
import { FIELD_TEXTS, MAX_HOSTS } from './submit/task-texts.js';

const MAX_JOBS = 500;

/** Some of the hosts of a job. */
export class CancelQuery {
  @ApiProperty({ required: false, type: String, description: 'Only these hosts: ids, with commas', example: '' })
  @IsOptional()
  @CommaList()
  host_ids?: string[];
}

export class RetryBody {
  @ApiProperty({ required: false, type: [Number], description: 'Only these of the failed hosts' })
  @IsOptional()
  @CommaList()
  host_ids?: string[];
}

/** Null when no hosts are named, which means all of them. A list without ids is none of that. @throws ValidateError */
export function hostIdsFrom({ host_ids }: CancelQuery | RetryBody): number[] | null {
  if (host_ids === undefined || host_ids === null) return null;
  if (host_ids.length === 0) throw ValidateError.of('host_ids', FIELD_TEXTS.required);
  const ids = parseIdList(host_ids, 'host_ids', MAX_HOSTS);
  if (ids.length === 0) throw ValidateError.of('host_ids', FIELD_TEXTS.notAnId);
  return ids;
}

export class BulkCancelQuery {
  @ApiProperty({ type: String, description: `Ids of jobs, with commas, at most ${MAX_JOBS}`, example: '1,2,3' })
  @IsOptional()
  @CommaList()
  jobs?: string[];

  /** @throws JobIdsMissingError */
  static namesFrom({ jobs }: BulkCancelQuery): string[] {
    if (!jobs || jobs.length === 0) throw new JobIdsMissingError();
    if (jobs.length > MAX_JOBS) throw ValidateError.of('jobs', FIELD_TEXTS.tooManyJobs(MAX_JOBS));
    return [...new Set(jobs)];
  }
}

export class CancelResponse {
  @ApiProperty({ example: 1, description: 'Hosts that were queued or running' }) stopped!: number;
  @ApiProperty({ example: 0, description: 'Hosts that had ended before' }) already_ended!: number;

  static from({ stopped, alreadyEnded }: CancelCount): CancelResponse {
    return { stopped, already_ended: alreadyEnded };
  }
}

export class JobCancelResponse extends CancelResponse {
  @ApiProperty({ example: 14 }) job_id!: number;
}

/** The same for several jobs, and in sum. */
export class BulkCancelResponse extends CancelResponse {
  @ApiProperty({ type: [JobCancelResponse], description: 'By id' }) jobs!: JobCancelResponse[];

  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ type: 'integer' }, { type: 'string' }] },
    example: [],
    description: 'What names no job of this business',
  })
  unknown!: (number | string)[];

  static fromMany(names: readonly string[], counts: ReadonlyMap<number, CancelCount>): BulkCancelResponse {
    const jobs = [...counts].map(([job_id, count]) => ({ job_id, ...CancelResponse.from(count) }));
    return {
      stopped: jobs.reduce((sum, { stopped }) => sum + stopped, 0),
      already_ended: jobs.reduce((sum, { already_ended }) => sum + already_ended, 0),
      jobs,
      unknown: names.map((name) => parseId(name) ?? name).filter((id) => !counts.has(id as number)),
    };
  }
}
