import type { RedisService } from '../common/redis/redis.service.js';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { AGENTS_CHANNEL } from './agents.channel.js';

interface Waiter<Row> {
  readonly hostId: number;
  readonly key: number;
  isOver(row: Row | undefined): boolean;
  resolve(row: Row | undefined): void;
}

/** How long news may gather before the table is read for all of them. */
const GATHER_MS = 20;

/**
 * Waits for rows of the database to become what somebody waits for. The API publishes whose agent has news; since a
 * message can be lost, one statement a second looks for all waiters of the process. Without waiters it does nothing.
 */
export class RowWatch<Row> {
  private readonly waiters = new Set<Waiter<Row>>();
  private readonly looking: RepeatingTask;
  private gathering: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;

  /**
   * @param name what is waited for, for the log, such as `watching for agents`
   * @param read the rows of these keys, all different; a key without one is missing in the answer
   */
  constructor(
    name: string,
    private readonly redis: RedisService,
    private readonly read: (keys: number[]) => Promise<Map<number, Row>>,
  ) {
    this.looking = new RepeatingTask(name, 1_000, () => this.look());
  }

  /**
   * Resolves with the row when `isOver` says so of it; it is undefined where there is none.
   * @param where the row's key, and the host whose news are about it
   * @throws the reason of `signal` when that comes first
   */
  wait(
    where: { hostId: number; key: number },
    isOver: (row: Row | undefined) => boolean,
    signal: AbortSignal,
  ): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const waiter: Waiter<Row> = { ...where, isOver, resolve: (row) => leave(() => resolve(row)) };
      const abort = () => leave(() => reject(signal.reason as Error));
      const leave = (settle: () => void) => {
        signal.removeEventListener('abort', abort);
        this.leave(waiter);
        settle();
      };
      signal.addEventListener('abort', abort);
      this.enter(waiter);
    });
  }

  /** Resolves when nothing runs any more. */
  async close(): Promise<void> {
    clearTimeout(this.gathering);
    this.unsubscribe?.();
    await this.looking.stop();
  }

  private enter(waiter: Waiter<Row>): void {
    this.waiters.add(waiter);
    this.unsubscribe ??= this.redis.subscribe(AGENTS_CHANNEL, (message) => this.onNews(message));
    this.looking.start();
    this.lookSoon();
  }

  private leave(waiter: Waiter<Row>): void {
    this.waiters.delete(waiter);
    if (this.waiters.size === 0) void this.looking.stop();
  }

  private onNews(message: string): void {
    const hostIds = new Set(JSON.parse(message) as number[]);
    if ([...this.waiters].some(({ hostId }) => hostIds.has(hostId))) this.lookSoon();
  }

  private lookSoon(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      // What goes wrong here, the next regular look will tell.
      this.look().catch(() => undefined);
    }, GATHER_MS);
  }

  private async look(): Promise<void> {
    const waiters = [...this.waiters];
    if (waiters.length === 0) return;
    const rows = await this.read([...new Set(waiters.map(({ key }) => key))]);
    for (const waiter of waiters) {
      const row = rows.get(waiter.key);
      if (waiter.isOver(row)) waiter.resolve(row);
    }
  }
}
