import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { register } from 'prom-client';
import { AdminOnly } from '../auth/access.decorator.js';
import { RawResponse } from '../common/envelope/raw-response.decorator.js';
import { ApiRefusals } from '../common/openapi/api-envelope.decorator.js';
import { QueueMetrics } from './queue-metrics.js';
import { WorkerMetrics } from './worker-metrics.js';

/** The API's own metrics and those of all workers, for Prometheus, which logs in with an administrator's API token: the figures are of all businesses. */
@ApiTags('health')
@Controller('metrics')
@AdminOnly()
@RawResponse()
export class MetricsController {
  constructor(
    private readonly queue: QueueMetrics,
    private readonly workers: WorkerMetrics,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'One line a series', schema: { type: 'string' } })
  @ApiRefusals(['PERMISSION_DENIED'])
  async metrics(@Res({ passthrough: true }) response: Response): Promise<string> {
    await this.queue.collect();
    response.type(register.contentType);
    return `${await register.metrics()}\n${await this.workers.summed()}`;
  }
}
