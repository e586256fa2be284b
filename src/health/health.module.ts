import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { QueueMetrics } from './queue-metrics.js';
import { WorkerMetrics } from './worker-metrics.js';

/** Probes and metrics of the API. */
@Module({
  controllers: [HealthController, MetricsController],
  providers: [HealthService, QueueMetrics, WorkerMetrics],
})
export class HealthModule {}
