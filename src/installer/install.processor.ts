import { InjectQueue } from '@nestjs/bull';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bull';
import { INSTALL_QUEUE, type InstallJobData } from '../tasks/install.queue.js';
import { Dispatcher } from './dispatcher.js';

/** Rings are answered at once, so that few are ever in hand. */
const RINGS_AT_ONCE = 10;

/** Answers the doorbell. Which run is worked on, and by whom, the database decides. */
@Injectable()
export class InstallProcessor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(InstallProcessor.name);

  constructor(
    @InjectQueue(INSTALL_QUEUE) private readonly queue: Queue<InstallJobData>,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    const answer = (): Promise<void> => Promise.resolve(this.dispatcher.wake());
    // It resolves when the queue is closed; without Redis the dispatcher finds its work by its own timer.
    this.queue.process(RINGS_AT_ONCE, answer).catch((error: Error) => this.logger.warn(error.message));
  }

  async onModuleDestroy(): Promise<void> {
    if (this.queue.client.status === 'ready') await this.queue.pause(true, true).catch(() => undefined);
  }
}
