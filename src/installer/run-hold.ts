import type { ClaimedRun } from '../tasks/run-claims.js';
import { RunStopped, type StopReason } from './run.failures.js';

/** Node takes no longer timers; a run's deadline is a day at most. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A run in this worker's hands. Its signal joins deadline, cancel, hand-back and the loss of the lease: the first of
 * them stops the work, and is why it ends. A hand-back also cuts short what an ending does on the host, and the loss of
 * the lease the whole ending.
 */
export class RunHold {
  private readonly stopping = new AbortController();
  private readonly losing = new AbortController();
  private readonly leaving = new AbortController();
  private readonly deadline: NodeJS.Timeout;

  /** @param leaseEndsAt by `performance.now()`; renewed by the lease keeper */
  constructor(
    readonly run: ClaimedRun,
    public leaseEndsAt: number,
  ) {
    const msLeft = Math.min(Math.max(run.msLeft, 0), LONGEST_TIMER_MS);
    this.deadline = setTimeout(() => this.stop('deadline'), msLeft);
    if (run.cancelledBy !== null) this.stop('cancelled', run.cancelledBy);
  }

  /** Aborts with a `RunStopped`. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Aborts once nothing may be written for this run any more. */
  get leaseSignal(): AbortSignal {
    return this.losing.signal;
  }

  /** Aborts once this worker is to let go of the run, whatever the run is stopped for. */
  get leaveSignal(): AbortSignal {
    return this.leaving.signal;
  }

  get stopped(): RunStopped | null {
    const { signal } = this.stopping;
    return signal.aborted ? (signal.reason as RunStopped) : null;
  }

  /** @param by for `cancelled`: who wants it so */
  stop(reason: StopReason, by = ''): void {
    const stopped = new RunStopped(reason, by);
    if (reason === 'lease-lost') this.losing.abort(stopped);
    if (reason === 'lease-lost' || reason === 'hand-back') this.leaving.abort(stopped);
    this.stopping.abort(stopped);
  }

  /** To be called at its end, whatever that is. */
  dispose(): void {
    clearTimeout(this.deadline);
  }
}
