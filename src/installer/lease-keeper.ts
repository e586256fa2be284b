import { Injectable, Logger } from '@nestjs/common';
import { Env } from '../env/env.js';
import { RunClaims } from '../tasks/run-claims.js';
import type { RunHold } from './run-hold.js';
import { workerName } from './worker-name.js';

/** We let go a little before the database does, so that nobody begins while we still stop. */
const RELIABLE_SHARE = 0.9;

/**
 * Keeps the leases of all runs in this worker's hands, with one statement for all of them. What it brings back is also
 * how a worker learns of cancels and of runs that are not its own any more. A lease that cannot be renewed in time is
 * given up here before the database gives it to somebody else.
 */
@Injectable()
export class LeaseKeeper {
  private readonly logger = new Logger(LeaseKeeper.name);
  private readonly holds = new Map<number, RunHold>();
  private readonly leaseMs: number;
  private timers: NodeJS.Timeout[] = [];
  private renewing: Promise<void> | null = null;
  private isFailing = false;

  constructor(
    private readonly claims: RunClaims,
    env: Env,
  ) {
    this.leaseMs = env.leaseSeconds * 1000;
  }

  start(): void {
    this.timers = [
      setInterval(() => void this.renew(), this.leaseMs / 3),
      // By a timer of its own: a renewal that hangs is the very case that it is for.
      setInterval(() => this.dropExpired(), Math.min(250, this.leaseMs / 12)),
    ];
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
  }

  /** Until when a lease that the database grants from now on may be relied on; by `performance.now()`. */
  leaseEnd(): number {
    return performance.now() + this.leaseMs * RELIABLE_SHARE;
  }

  keep(hold: RunHold): void {
    this.holds.set(hold.run.id, hold);
  }

  /** The run has ended, or was handed back. */
  forget(hold: RunHold): void {
    if (this.holds.get(hold.run.id) === hold) this.holds.delete(hold.run.id);
  }

  holdOf(runId: number): RunHold | undefined {
    return this.holds.get(runId);
  }

  /** What the database says of our runs from now on: a renewal that is under way may have been too early. */
  async look(): Promise<void> {
    await this.renewing;
    await this.renew();
  }

  private renew(): Promise<void> {
    this.renewing ??= this.renewAll().finally(() => (this.renewing = null));
    return this.renewing;
  }

  private async renewAll(): Promise<void> {
    const asked = [...this.holds.values()];
    if (asked.length === 0) return;
    const leaseEndsAt = this.leaseEnd();
    try {
      const patience = AbortSignal.timeout(this.leaseMs / 3);
      const runs = asked.map(({ run }) => run);
      const renewed = await unlessAborted(this.claims.renew(workerName(), runs), patience);
      const byId = new Map(renewed.map((run) => [run.id, run]));
      for (const hold of asked) {
        const ours = byId.get(hold.run.id);
        if (!ours) hold.stop('lease-lost');
        else {
          hold.leaseEndsAt = leaseEndsAt;
          if (ours.cancelledBy !== null) hold.stop('cancelled', ours.cancelledBy);
        }
      }
      if (this.isFailing) this.logger.log('leases are renewed again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.logger.warn(`leases cannot be renewed: ${(error as Error).message}`);
      this.isFailing = true;
    }
  }

  private dropExpired(): void {
    const now = performance.now();
    for (const hold of this.holds.values()) if (hold.leaseEndsAt <= now) hold.stop('lease-lost');
  }
}

/** A query cannot be called back; it is left alone when it takes too long. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    promise.then(resolve, reject);
  });
}
