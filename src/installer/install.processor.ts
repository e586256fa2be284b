import { InjectQueue } from '@nestjs/bull';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Queue } from 'bull';
import { INSTALL_QUEUE, type InstallJobData } from '../tasks/install.queue.js';
import { Dispatcher } from './dispatcher.js';

/** Rings are answered at once, so that few are ever in hand. */
const RINGS_AT_ONCE = 10;

/** Answers the doorbell. Which run is worked on, and by whom, the database decides. */
@Injectable()
export class InstallProcessor implements OnApplicationBootstrap {
  private readonly logger = new Logger(InstallProcessor.name);

  constructor(
    @InjectQueue(INSTALL_QUEUE) private readonly queue: Queue<InstallJobData>,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    tameWorkerName(this.queue);
    const answer = (): Promise<void> => Promise.resolve(this.dispatcher.wake());
    // It resolves when the queue is closed; without Redis the dispatcher finds its work by its own timer.
    this.queue.process(RINGS_AT_ONCE, answer).catch((error: Error) => this.logger.warn(error.message));
  }
}

/** Bull names its connection, and lets a failure of that go unheard, which ends the process when Redis is away. */
function tameWorkerName(queue: Queue): void {
  const named = queue as Queue & { setWorkerName(): Promise<void> };
  const setWorkerName = named.setWorkerName.bind(queue);
  named.setWorkerName = () => setWorkerName().catch(() => undefined);
}
