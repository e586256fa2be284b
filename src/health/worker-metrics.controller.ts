import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { register } from 'prom-client';

/** This worker's own metrics, on a port that is not for the public: there is no login on it. */
@Controller('metrics')
export class WorkerMetricsController {
  @Get()
  metrics(@Res({ passthrough: true }) response: Response): Promise<string> {
    response.type(register.contentType);
    return register.metrics();
  }
}
