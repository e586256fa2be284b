import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { IdempotencyService } from './submit/idempotency.service.js';

const EVERY_MS = 10 * 60_000;

/** Throws away what tasks keep for a while only. Any number of processes may do it at once. */
@Injectable()
export class TasksHousekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly wiping: RepeatingTask;

  constructor(idempotency: IdempotencyService) {
    this.wiping = new RepeatingTask('wiping old idempotency keys', EVERY_MS, () => idempotency.wipeOld());
  }

  onApplicationBootstrap(): void {
    this.wiping.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.wiping.stop();
  }
}
