import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { type Page, pageOf } from '../common/pagination/page.js';
import type { JobHost } from './job-host.entity.js';
import { countRuns, type JobCounts, type RunGroup } from './job-counts.js';
import { filterJobs } from './job-filter.js';
import type { JobListQuery } from './job-list.query.js';
import { Job } from './job.entity.js';
import { JobNotFoundError } from './job.errors.js';

/** What a job's view shows of a run. */
export type RunOfJob = Pick<
  JobHost,
  | 'jobId'
  | 'businessId'
  | 'hostId'
  | 'cloudId'
  | 'innerIp'
  | 'outerIp'
  | 'nodeType'
  | 'osType'
  | 'hasCygwin'
  | 'status'
  | 'errCode'
  | 'errDesc'
  | 'step'
  | 'endedAt'
>;

export interface CountedJob {
  job: Job;
  counts: JobCounts;
}

export interface JobWithRuns extends CountedJob {
  /** In the order of the request. */
  runs: RunOfJob[];
}

const RUNS = `
  SELECT job_id AS "jobId", business_id AS "businessId", host_id AS "hostId", cloud_id AS "cloudId",
    host(inner_ip) AS "innerIp", host(outer_ip) AS "outerIp", node_type AS "nodeType", os_type AS "osType",
    has_cygwin AS "hasCygwin", status, err_code AS "errCode", err_desc AS "errDesc", step, ended_at AS "endedAt"
  FROM job_hosts WHERE job_id = $1 ORDER BY id`;

const GROUPS = `
  SELECT job_id AS "jobId", status, os_type AS "osType", count(*)::int AS count, max(ended_at) AS "endedAt"
  FROM job_hosts WHERE job_id = ANY($1::int[]) GROUP BY job_id, status, os_type`;

/** Jobs and how they stand. */
@Injectable()
export class JobsService {
  constructor(@InjectRepository(Job) private readonly jobs: Repository<Job>) {}

  /** @throws JobNotFoundError when the business has no such job */
  async get(businessId: number, jobId: number): Promise<Job> {
    const job = await this.jobs.findOneBy({ id: jobId, businessId });
    if (!job) throw new JobNotFoundError();
    return job;
  }

  /** Those of `jobIds` that the business has, ascending. */
  async existing(businessId: number, jobIds: readonly number[]): Promise<number[]> {
    const rows = await this.jobs.query<{ id: number }[]>(
      'SELECT id FROM jobs WHERE business_id = $1 AND id = ANY($2::int[]) ORDER BY id',
      [businessId, jobIds],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * The job with all its runs; the counts are those of the very same rows.
   * @throws JobNotFoundError when the business has no such job
   */
  async getWithRuns(businessId: number, jobId: number): Promise<JobWithRuns> {
    const job = await this.get(businessId, jobId);
    const runs = await this.jobs.query<RunOfJob[]>(RUNS, [jobId]);
    return { job, runs, counts: countRuns(runs.map((run) => ({ ...run, count: 1 }))) };
  }

  /** The latest first. */
  async list(businessId: number, query: JobListQuery, requestUrl: string): Promise<Page<CountedJob>> {
    const wanted = this.jobs.createQueryBuilder('job').where('job.business_id = :businessId', { businessId });
    filterJobs(wanted, query);
    const [jobs, count] = await wanted
      .orderBy('job.id', 'DESC')
      .offset((query.page - 1) * query.page_size)
      .limit(query.page_size)
      .getManyAndCount();
    const groups = await this.groupsOf(jobs.map(({ id }) => id));
    const items = jobs.map((job) => ({ job, counts: countRuns(groups.get(job.id) ?? []) }));
    return pageOf(items, count, query, requestUrl);
  }

  private async groupsOf(jobIds: readonly number[]): Promise<Map<number, RunGroup[]>> {
    const groups = new Map<number, RunGroup[]>(jobIds.map((id) => [id, []]));
    if (jobIds.length === 0) return groups;
    const rows = await this.jobs.query<(RunGroup & { jobId: number })[]>(GROUPS, [jobIds]);
    for (const row of rows) groups.get(row.jobId)!.push(row);
    return groups;
  }
}
