import { Body, Controller, Delete, Get, Headers, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiExcludeEndpoint, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { BusinessId } from '../auth/business-id.decorator.js';
import { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { MethodNotAllowedError } from '../common/errors/app-error.js';
import type { Locale } from '../common/i18n/text.js';
import { RequestContext } from '../common/logging/request-context.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { type Page, PageResponse } from '../common/pagination/page.js';
import { ParseIdPipe, parseId } from '../common/validation/ids.js';
import {
  BulkCancelQuery,
  BulkCancelResponse,
  CancelQuery,
  CancelResponse,
  hostIdsFrom,
  RetryBody,
} from './job-action.dto.js';
import { JobCancelService } from './job-cancel.service.js';
import { JobFailureResponse } from './job-failure.dto.js';
import { JobFailuresService } from './job-failures.service.js';
import { JobListQuery } from './job-list.query.js';
import { JobRetryService } from './job-retry.service.js';
import { JobResponse, JobSummaryResponse } from './job.dto.js';
import { JobsService } from './jobs.service.js';
import { parseTask } from './submit/parse-task.js';
import { TaskSubmissionService } from './submit/task-submission.service.js';
import { TASK_DESCRIPTION, TASK_EXAMPLES, TaskBody } from './task.dto.js';

const JobIdParam = () => ApiParam({ name: 'job_id', type: 'integer', example: 1 });

@ApiTags('tasks')
@Controller(':bk_biz_id/tasks')
export class TasksController {
  constructor(
    private readonly jobs: JobsService,
    private readonly submissions: TaskSubmissionService,
    private readonly cancels: JobCancelService,
    private readonly retries: JobRetryService,
    private readonly failures: JobFailuresService,
  ) {}

  @Post()
  @ApiOperation({
    summary:
      'Installs, reinstalls, upgrades, uninstalls or removes agents, checks hosts, or saves how they are logged in to',
    description: TASK_DESCRIPTION,
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key with the same body answers the same job for 24 hours',
  })
  @ApiBody({ type: TaskBody, examples: TASK_EXAMPLES })
  @ApiEnvelope(JobResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'NGINX_SETTING_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async create(
    @CurrentUser() caller: Caller,
    @BusinessId() businessId: number,
    @Body() body: unknown,
    @Headers('idempotency-key') key?: string,
  ): Promise<JobResponse> {
    const repeatable = key ? { key, body } : null;
    const jobId = await this.submissions.submit({ caller, businessId, request: () => parseTask(body), repeatable });
    return this.get(businessId, jobId);
  }

  @Get()
  @ApiOperation({ summary: 'The jobs of a business, without their hosts, the latest first' })
  @ApiEnvelope(PageResponse(JobSummaryResponse), {
    errors: ['VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async list(
    @BusinessId() businessId: number,
    @Query() query: JobListQuery,
    @Req() request: Request,
  ): Promise<Page<JobSummaryResponse>> {
    const page = await this.jobs.list(businessId, query, request.originalUrl);
    return { ...page, items: page.items.map((job) => JobSummaryResponse.from(job, locale())) };
  }

  @Delete('bulk')
  @ApiOperation({ summary: 'Ends whatever is queued or running of several jobs' })
  @ApiEnvelope(BulkCancelResponse, {
    errors: ['FORM_VALIDATE_ERROR', 'VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'],
  })
  async cancelMany(
    @CurrentUser() caller: Caller,
    @BusinessId() businessId: number,
    @Query() query: BulkCancelQuery,
  ): Promise<BulkCancelResponse> {
    const names = BulkCancelQuery.namesFrom(query);
    const ids = names.map((name) => parseId(name)).filter((id) => id !== null);
    return BulkCancelResponse.fromMany(names, await this.cancels.cancelMany(businessId, ids, caller.username));
  }

  /** Without it the route of single jobs would answer, that there is no job called "bulk". */
  @Get('bulk')
  @ApiExcludeEndpoint()
  bulkWantsDelete(): never {
    throw new MethodNotAllowedError('DELETE');
  }

  @Get(':job_id')
  @ApiOperation({ summary: 'A job with the part of each of its hosts' })
  @JobIdParam()
  @ApiEnvelope(JobResponse, { errors: ['OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async get(@BusinessId() businessId: number, @Param('job_id', ParseIdPipe) jobId: number): Promise<JobResponse> {
    return JobResponse.fromWhole(await this.jobs.getWithRuns(businessId, jobId), locale());
  }

  @Get(':job_id/failures')
  @ApiOperation({
    summary: 'Why hosts of a job failed, grouped by cause',
    description: 'What most hosts have in common comes first. While the job runs, those that have failed so far.',
  })
  @JobIdParam()
  @ApiEnvelope([JobFailureResponse], { errors: ['OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async listFailures(
    @BusinessId() businessId: number,
    @Param('job_id', ParseIdPipe) jobId: number,
  ): Promise<JobFailureResponse[]> {
    const failures = await this.failures.list(businessId, jobId);
    return failures.map((failure) => JobFailureResponse.from(failure, locale()));
  }

  @Delete(':job_id')
  @ApiOperation({
    summary: 'Ends whatever is queued or running of a job',
    description:
      'Hosts end with FAILED / FORCE_STOP. What runs on a host is killed and proven dead, or its log says otherwise.',
  })
  @JobIdParam()
  @ApiEnvelope(CancelResponse, { errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async cancel(
    @CurrentUser() caller: Caller,
    @BusinessId() businessId: number,
    @Param('job_id', ParseIdPipe) jobId: number,
    @Query() query: CancelQuery,
  ): Promise<CancelResponse> {
    const count = await this.cancels.cancel(businessId, jobId, hostIdsFrom(query), caller.username);
    return CancelResponse.from(count);
  }

  @Post(':job_id/retry')
  @ApiOperation({
    summary: 'Tries the failed hosts of a finished job again, in a new job',
    description: 'With the login that is stored. To correct it first, save it with `op_type` UPDATE_AUTHINFO.',
  })
  @JobIdParam()
  @ApiBody({
    type: RetryBody,
    required: false,
    examples: { 'all that failed': { value: {} }, 'some of them': { value: { host_ids: [1] } } },
  })
  @ApiEnvelope(JobResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'NGINX_SETTING_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'],
  })
  async retry(
    @CurrentUser() caller: Caller,
    @BusinessId() businessId: number,
    @Param('job_id', ParseIdPipe) jobId: number,
    @Body() body: RetryBody,
  ): Promise<JobResponse> {
    return this.get(businessId, await this.retries.retry(caller, businessId, jobId, hostIdsFrom(body)));
  }
}

/** Every request has a context; its language is what the sentences of an answer are told in. */
function locale(): Locale {
  return RequestContext.current()?.locale ?? 'zh-CN';
}
