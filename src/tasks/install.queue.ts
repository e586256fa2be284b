import { InjectQueue } from '@nestjs/bull';
import { Injectable, Logger } from '@nestjs/common';
import type { JobOptions, Queue } from 'bull';

/** The one queue: rings for the workers. */
export const INSTALL_QUEUE = 'install';

/** A ring's data: which run may be waiting. Nothing depends on it; the worker claims whatever is fairest. */
export interface InstallJobData {
  runId: number;
}

/** A run as a ring names it. */
export interface RingableRun {
  id: number;
  attempt: number;
}

/** Workers claim all that waits once they are awake, so that more rings at once would only fill Redis. */
const MOST_RINGS = 1_000;
const PATIENCE_MS = 1_000;
/** What ioredis calls a connection that was lost. */
const AWAY: ReadonlySet<string> = new Set(['close', 'reconnecting', 'end']);

/** Wakes the workers. Without Redis they find the same work by their own timer, a little later. */
@Injectable()
export class InstallQueue {
  private readonly logger = new Logger(InstallQueue.name);

  constructor(@InjectQueue(INSTALL_QUEUE) private readonly queue: Queue<InstallJobData>) {
    // Bull's own listener swallows it, and none at all would end the process.
    this.queue.on('error', (error: Error) => this.logger.debug(`the queue has trouble: ${error.message}`));
    // In place of the hook of @nestjs/bull, which fails, or never ends, when Redis is away.
    Object.assign(this.queue, { onApplicationShutdown: () => leave(this.queue) });
  }

  /**
   * Rings for runs that were committed as queued. Ringing twice for the same attempt is harmless: the ring's id is made
   * of both. Never throws, and never takes longer than a second.
   */
  async ring(runs: readonly RingableRun[]): Promise<void> {
    // Bull would keep commands for a Redis that is away, and add them all when it is back.
    if (runs.length === 0 || AWAY.has(this.queue.client.status)) return;
    const rings = runs
      .slice(0, MOST_RINGS)
      .map(({ id, attempt }) => ({ data: { runId: id }, opts: ringOptions(id, attempt) }));
    const added = this.queue.addBulk(rings).catch((error: Error) => {
      this.logger.debug(`did not ring for ${rings.length} runs: ${error.message}`);
    });
    await inASecond(added);
  }
}

/** A finished ring that stayed would block its id. */
function ringOptions(id: number, attempt: number): JobOptions {
  return { jobId: `run-${id}-attempt-${attempt}`, removeOnComplete: true, removeOnFail: true, attempts: 1 };
}

/** Says good-bye to Redis, and goes in any case. */
async function leave(queue: Queue): Promise<void> {
  await inASecond(queue.close(true).catch(() => undefined));
  for (const client of (queue as unknown as { clients: { disconnect(): void }[] }).clients) client.disconnect();
}

/** Waits for what never fails, but not for long. */
async function inASecond(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
