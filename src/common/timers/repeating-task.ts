import { Logger } from '@nestjs/common';

/** Work that a process does again and again, never twice at once. What goes wrong is logged, and tried again next time. */
export class RepeatingTask {
  private readonly logger = new Logger(RepeatingTask.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private hasFailed = false;

  /** @param name what it does, for the log, such as `wiping expired credentials` */
  constructor(
    private readonly name: string,
    private readonly everyMs: number,
    private readonly work: () => Promise<void>,
  ) {}

  /** The first time is after `everyMs`. */
  start(): void {
    this.timer ??= setInterval(() => void this.runOnce(), this.everyMs);
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
  }

  private runOnce(): void {
    this.running ??= this.work()
      .then(() => {
        if (this.hasFailed) this.logger.log(`${this.name} works again`);
        this.hasFailed = false;
      })
      .catch((error: Error) => {
        // Told once: an outage is no news the second time.
        if (!this.hasFailed) this.logger.warn(`${this.name} failed and will be tried again: ${error.message}`);
        this.hasFailed = true;
      })
      .finally(() => {
        this.running = undefined;
      });
  }
}
