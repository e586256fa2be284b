import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { BusinessId } from '../auth/business-id.decorator.js';
import { RawResponse } from '../common/envelope/raw-response.decorator.js';
import type { Locale } from '../common/i18n/text.js';
import { RequestContext } from '../common/logging/request-context.js';
import { ApiEnvelope, ApiRefusals } from '../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import { LogStreams } from './log-streams.js';
import { jobIdFrom, LogQuery, LogResponse } from './log.dto.js';
import { LogsService } from './logs.service.js';

@ApiTags('logs')
@Controller(':bk_biz_id/logs')
export class LogsController {
  constructor(
    private readonly logs: LogsService,
    private readonly streams: LogStreams,
  ) {}

  @Get(':host_id')
  @ApiOperation({ summary: 'How the last job of a host went, or an earlier one, and its log' })
  @ApiParam({ name: 'host_id', type: 'integer', example: 1 })
  @ApiEnvelope(LogResponse, { errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async read(
    @BusinessId() businessId: number,
    @Param('host_id', ParseIdPipe) hostId: number,
    @Query() query: LogQuery,
  ): Promise<LogResponse> {
    const runId = await this.logs.runOf(businessId, hostId, jobIdFrom(query));
    return LogResponse.from(await this.logs.read(runId), locale());
  }

  @Get(':host_id/stream')
  @RawResponse()
  @ApiOperation({
    summary: 'The same lines as they come, as an event stream',
    description:
      'An event `log` for each line, whose id is where `Last-Event-ID` goes on, then one `end` with ' +
      '`{status, err_code, err_code_desc, step, step_desc}` as JSON. A comment every 15 s shows that the stream lives.',
  })
  @ApiParam({ name: 'host_id', type: 'integer', example: 1 })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Only lines after this one' })
  @ApiResponse({
    status: 200,
    description: 'The stream',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiRefusals(['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED', 'TOO_MANY_REQUESTS'])
  async follow(
    @BusinessId() businessId: number,
    @Param('host_id', ParseIdPipe) hostId: number,
    @Query() query: LogQuery,
    @Res() response: Response,
    @Headers('last-event-id') lastEventId = '',
  ): Promise<void> {
    const runId = await this.logs.runOf(businessId, hostId, jobIdFrom(query));
    await this.streams.follow(runId, /^\d{1,18}$/.test(lastEventId) ? lastEventId : '0', locale(), response);
  }
}

/** Every request has a context; its language is what the sentences of an answer are told in. */
function locale(): Locale {
  return RequestContext.current()?.locale ?? 'zh-CN';
}
