import { describeExit, type ChildExit } from './child.js';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** After so long a life, a crash counts as the first one again. */
const STABLE_MS = 60_000;

export interface Stoppable {
  /** Resolves once it is gone. */
  stop(): Promise<void>;
  /** Ends it at once, whatever it is doing. */
  kill(): void;
}

/** Something that runs until it ends by itself or is told to. */
export interface Running extends Stoppable {
  readonly exited: Promise<ChildExit>;
}

/** Keeps one process running: starts it again, ever more slowly, when it ends by itself. */
export class Keeper<T extends Running> implements Stoppable {
  private current: T | undefined;
  private readonly ending = new AbortController();
  private keeping: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly begin: () => Promise<T>,
    private readonly tell: (line: string) => void,
  ) {}

  /** Starts it, and keeps it from then on. @throws when the very first start fails */
  async start(): Promise<T> {
    const first = await this.begin();
    this.current = first;
    this.keeping = this.keep();
    return first;
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.current?.stop();
    await this.keeping;
    await this.current?.stop();
  }

  kill(): void {
    this.ending.abort();
    this.current?.kill();
  }

  private async keep(): Promise<void> {
    let wait = FIRST_DELAY_MS;
    for (;;) {
      const since = Date.now();
      const exit = await this.current!.exited;
      if (this.ending.signal.aborted) return;
      if (Date.now() - since > STABLE_MS) wait = FIRST_DELAY_MS;
      this.tell(`${this.name} ended (${describeExit(exit)}); starting it again in ${wait / 1000} s`);
      do {
        await this.pause(wait);
        if (this.ending.signal.aborted) return;
        wait = Math.min(wait * 2, LONGEST_DELAY_MS);
      } while (!(await this.beginAgain()));
    }
  }

  private async beginAgain(): Promise<boolean> {
    try {
      this.current = await this.begin();
      return true;
    } catch (error) {
      if (!this.ending.signal.aborted) this.tell(`${this.name}: ${(error as Error).message}`);
      return false;
    }
  }

  /** Ends early when nothing is to be started any more. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.ending.signal.addEventListener('abort', wake, { once: true });
    });
  }
}
