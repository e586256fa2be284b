import { Injectable } from '@nestjs/common';
import { TooManyRequestsError } from '../common/errors/app-error.js';

/** Half of libuv's four threads: the other half stays free for files and name look-ups. */
const AT_ONCE = 2;
/** About four seconds of waiting; whoever comes later is sent away instead of piling up memory. */
const MAX_WAITING = 64;
const RETRY_AFTER_SECONDS = 5;

/** Lets at most two password hashes be worked on at once in this process; the others wait in order. */
@Injectable()
export class HashingQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /**
   * Runs `work` when its turn comes.
   * @throws TooManyRequestsError at once, when 64 wait already
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.takeTurn();
    try {
      return await work();
    } finally {
      this.passTurn();
    }
  }

  private async takeTurn(): Promise<void> {
    if (this.running < AT_ONCE) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= MAX_WAITING) throw new TooManyRequestsError(RETRY_AFTER_SECONDS);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The turn goes to the next in line without being given up, so that nobody can jump in between. */
  private passTurn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
