import { ApiProperty } from '@nestjs/swagger';
import { type Locale, Text } from '../common/i18n/text.js';
import { ERR_CODES, errCodeText } from '../common/vocabulary/err-codes.js';
import { STEPS, stepText } from '../common/vocabulary/steps.js';
import { NODE_TYPES, OS_TYPES } from '../hosts/host.enums.js';
import { statusOf } from './job-counts.js';
import type { CountedJob, JobWithRuns, RunOfJob } from './jobs.service.js';
import { jobTypeText } from './op-texts.js';
import { JOB_STATUSES, OP_TYPES, RUN_STATUSES } from './task.enums.js';

/** A host as it was when the job was made. */
export class HostOfRunResponse {
  @ApiProperty({ example: 12 }) id!: number;
  @ApiProperty({ example: '1' }) bk_biz_id!: string;
  @ApiProperty({ example: '0' }) bk_cloud_id!: string;
  @ApiProperty({ example: '127.0.77.1' }) inner_ip!: string;
  @ApiProperty({ type: String, nullable: true, example: null }) outer_ip!: string | null;
  @ApiProperty({ enum: NODE_TYPES, example: 'AGENT' }) node_type!: string;
  @ApiProperty({ enum: OS_TYPES, example: 'LINUX' }) os_type!: string;
  @ApiProperty({ example: false }) has_cygwin!: boolean;
}

/** One host's part in a job. */
export class RunResponse {
  @ApiProperty({ example: 14 }) job_id!: number;
  @ApiProperty({ enum: RUN_STATUSES, example: 'QUEUE' }) status!: string;
  @ApiProperty({ enum: Object.keys(ERR_CODES), example: 'INIT' }) err_code!: string;
  @ApiProperty({ example: '排队中，尚未开始', description: 'What happened and what to do next, for people' })
  err_code_desc!: string;
  @ApiProperty({ enum: Object.keys(STEPS), example: 'INIT' }) step!: string;
  @ApiProperty({ example: '任务初始化' }) step_desc!: string;
  @ApiProperty({ type: HostOfRunResponse }) host!: HostOfRunResponse;

  static from(run: RunOfJob, locale: Locale): RunResponse {
    const { jobId, status, errCode, errDesc, step } = run;
    return {
      job_id: jobId,
      status,
      err_code: errCode,
      err_code_desc: (Text.fromJson(errDesc) ?? errCodeText(errCode)).in(locale),
      step,
      step_desc: stepText(step).in(locale),
      host: {
        id: run.hostId,
        bk_biz_id: String(run.businessId),
        bk_cloud_id: String(run.cloudId),
        inner_ip: run.innerIp,
        outer_ip: run.outerIp,
        node_type: run.nodeType,
        os_type: run.osType,
        has_cygwin: run.hasCygwin,
      },
    };
  }
}

export class StatusCountResponse {
  @ApiProperty({ example: 0 }) success_count!: number;
  @ApiProperty({ example: 0 }) failed_count!: number;
  @ApiProperty({ example: 1, description: 'Everything that is not SUCCESS or FAILED' }) running_count!: number;
}

export class OsCountResponse {
  @ApiProperty({ example: 1 }) LINUX!: number;
  @ApiProperty({ example: 0 }) WINDOWS!: number;
  @ApiProperty({ example: 0 }) AIX!: number;
}

/** A job as lists show it. */
export class JobSummaryResponse {
  @ApiProperty({ example: 14 }) id!: number;
  @ApiProperty({ enum: ['INSTALL_AGENT'], example: 'INSTALL_AGENT' }) job_type!: string;
  @ApiProperty({ example: '安装AGENT' }) job_type_desc!: string;
  @ApiProperty({ enum: OP_TYPES, example: 'INSTALL' }) op_type!: string;
  @ApiProperty({ enum: NODE_TYPES, example: 'AGENT' }) node_type!: string;
  @ApiProperty({ example: '1' }) bk_biz_id!: string;
  @ApiProperty({ example: '0' }) bk_cloud_id!: string;
  @ApiProperty({ example: 'admin' }) creator!: string;
  @ApiProperty({ format: 'date-time' }) start_time!: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) end_time!: string | null;
  @ApiProperty({ enum: JOB_STATUSES, example: 'RUNNING' }) status!: string;
  @ApiProperty({ type: 'integer', nullable: true, example: null, description: 'The job that this one tries again' })
  origin_job_id!: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The version of the package that was asked for; null: the newest that fits',
  })
  package_version!: string | null;
  @ApiProperty({ example: 1 }) host_count!: number;
  @ApiProperty({ type: StatusCountResponse }) status_count!: StatusCountResponse;
  @ApiProperty({ type: OsCountResponse }) os_count!: OsCountResponse;

  static from({ job, counts }: CountedJob, locale: Locale): JobSummaryResponse {
    const status = statusOf(counts);
    const endedAt = status === 'RUNNING' ? null : (job.endTime ?? counts.lastEndedAt);
    return {
      id: job.id,
      job_type: 'INSTALL_AGENT',
      job_type_desc: jobTypeText(job.opType, job.nodeType).in(locale),
      op_type: job.opType,
      node_type: job.nodeType,
      bk_biz_id: String(job.businessId),
      bk_cloud_id: String(job.cloudId),
      creator: job.creator,
      start_time: job.startTime.toISOString(),
      end_time: endedAt?.toISOString() ?? null,
      status,
      origin_job_id: job.originJobId,
      package_version: job.packageVersion,
      host_count: counts.hosts,
      status_count: {
        success_count: counts.success,
        failed_count: counts.failed,
        running_count: counts.running,
      },
      os_count: { ...counts.byOs },
    };
  }
}

/** A job with the part of each of its hosts, in the order of the request. */
export class JobResponse extends JobSummaryResponse {
  @ApiProperty({ type: [RunResponse] }) hosts!: RunResponse[];

  static fromWhole(job: JobWithRuns, locale: Locale): JobResponse {
    return { ...JobSummaryResponse.from(job, locale), hosts: job.runs.map((run) => RunResponse.from(run, locale)) };
  }
}
