import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RedisService } from '../common/redis/redis.service.js';
import { RUN_CANCEL_CHANNEL } from '../tasks/run-cancel.service.js';
import { LeaseKeeper } from './lease-keeper.js';

/** Hears that runs are to be stopped. It is only a rumour: what holds is what the database says at the next renewal. */
@Injectable()
export class CancelListener implements OnApplicationBootstrap, OnModuleDestroy {
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly redis: RedisService,
    private readonly leases: LeaseKeeper,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = this.redis.subscribe(RUN_CANCEL_CHANNEL, (message) => this.hear(message));
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
  }

  private hear(message: string): void {
    const ids: unknown = JSON.parse(message);
    if (!Array.isArray(ids) || !ids.some((id) => this.leases.holdOf(Number(id)))) return;
    void this.leases.look();
  }
}
