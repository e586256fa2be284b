import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { WorkerMetrics } from './worker-metrics.js';

const EVERY_MS = 5_000;

/** Has this worker's metrics shown by the API too. */
@Injectable()
export class WorkerMetricsSharing implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task: RepeatingTask;

  constructor(metrics: WorkerMetrics) {
    const name = randomUUID();
    this.task = new RepeatingTask('sharing metrics', EVERY_MS, () => metrics.share(name));
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.task.stop();
  }
}
