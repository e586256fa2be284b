import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { IdempotencyService } from './submit/idempotency.service.js';

const EVERY_MS = 10 * 60_000;

/** Throws away what tasks keep for a while only. Any number of processes may do it at once. */
@Injectable()
export class TasksHousekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TasksHousekeeping.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly idempotency: IdempotencyService) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.clean(), EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** What fails now is done the next time. */
  async clean(): Promise<void> {
    try {
      const wiped = await this.idempotency.wipeOld();
      if (wiped > 0) this.logger.debug(`forgot ${wiped} idempotency keys`);
    } catch (error) {
      this.logger.warn(`could not clean up now: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
