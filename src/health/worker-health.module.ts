import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { WorkerMetricsSharing } from './worker-metrics-sharing.js';
import { WorkerMetricsController } from './worker-metrics.controller.js';
import { WorkerMetrics } from './worker-metrics.js';

/** Probes and metrics of a worker. */
@Module({
  controllers: [HealthController, WorkerMetricsController],
  providers: [HealthService, WorkerMetrics, WorkerMetricsSharing],
})
export class WorkerHealthModule {}
