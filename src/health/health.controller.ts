import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../auth/public.decorator.js';
import { RawResponse } from '../common/envelope/raw-response.decorator.js';
import { HealthService, type Readiness } from './health.service.js';

/** Probes for supervisors: they say nothing that an outsider could use. */
@ApiTags('health')
@Controller('health')
@Public()
@RawResponse()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ schema: { type: 'object', example: { status: 'ok' } } })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether Postgres and Redis answer and all migrations are done' })
  @ApiOkResponse({
    schema: { type: 'object', example: { status: 'ok', checks: { postgres: 'ok', redis: 'ok', migrations: 'ok' } } },
  })
  @ApiServiceUnavailableResponse({
    schema: {
      type: 'object',
      example: { status: 'unavailable', checks: { postgres: 'ok', redis: 'down', migrations: 'ok' } },
    },
  })
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await this.health.readiness();
    response.status(readiness.status === 'ok' ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return readiness;
  }
}
