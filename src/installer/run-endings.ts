import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { Text } from '../common/i18n/text.js';
import type { ErrCode } from '../common/vocabulary/err-codes.js';
import { RunLogWriter } from '../logs/run-log-writer.js';
import { RunClaims } from '../tasks/run-claims.js';
import type { RunFailureRecord } from '../tasks/run-failure-record.js';
import { RunTransitions } from '../tasks/run-transitions.js';
import { explain } from './diagnosis/explanation.js';
import { cancelled, handedBack, succeeded, timedOut, unexpected, withProof, withSettlement } from './ending-texts.js';
import { runEnds } from './installer.metrics.js';
import { LeaseKeeper } from './lease-keeper.js';
import { persistently } from './persistence.js';
import { sessionFailureOf } from './remote/ssh-failures.js';
import type { RunInProgress } from './run-in-progress.js';
import { RunFailure, RunLostError, type RunStopped } from './run.failures.js';
import { sayLoginChecks } from './work/login-checks.js';
import { Settlement } from './work/settlement.js';
import { workerName } from './worker-name.js';

/** A process that shuts down does not wait for a database that is away: then the lease runs out by itself. */
const HAND_BACK_WITHIN_MS = 2_000;

/**
 * Ends runs: always with a code, and always with a sentence for people, which is also the last line of the log. What
 * still runs on the host is stopped first, so that a run that has ended does nothing any more.
 */
@Injectable()
export class RunEndings {
  private readonly logger = new Logger(RunEndings.name);

  constructor(
    private readonly transitions: RunTransitions,
    private readonly claims: RunClaims,
    private readonly logs: RunLogWriter,
    private readonly leases: LeaseKeeper,
    private readonly settlement: Settlement,
  ) {}

  /** @throws RunStopped when it turns out that the run is to be stopped; RunLostError when it is not ours any more */
  async succeed({ hold, journal }: RunInProgress): Promise<void> {
    const { run } = hold;
    hold.signal.throwIfAborted();
    const lastWords = journal.outcome ?? succeeded(run);
    const isDone = await this.write(hold.leaseSignal, () => this.transitions.succeed(run, lastWords));
    if (isDone) return this.tell(run.id, run.opType, 'SUCCESS', 'SUCCESS');
    await this.leases.look();
    throw hold.stopped ?? new RunLostError();
  }

  /** The run cannot, or is not to, go on. Never throws. */
  async stopAt(work: RunInProgress, error: unknown): Promise<void> {
    const { run, leaseSignal, stopped } = work.hold;
    try {
      if (leaseSignal.aborted || error instanceof RunLostError) throw new RunLostError();
      if (stopped && (error === stopped || !(error instanceof RunFailure))) await this.stop(work, stopped);
      else await this.fail(work, error);
    } catch (failure) {
      // The session is closed next, which ends the script: whoever holds the run now may begin.
      this.logger.warn(`run ${run.id} attempt ${run.attempt} is left to others: ${(failure as Error).message}`);
    }
  }

  private async stop(work: RunInProgress, { reason, by }: RunStopped): Promise<void> {
    switch (reason) {
      case 'cancelled':
        return this.cancel(work, cancelled(by, work.journal.step));
      case 'deadline':
        return this.endExplained(work, new RunFailure('CELERY_TASK_TIMEOUT', timedOut(work.journal.step)));
      case 'hand-back':
        return this.handBack(work);
      case 'lease-lost':
        throw new RunLostError();
      default:
        throw new Error(`Nobody knows how to stop for ${reason satisfies never}`);
    }
  }

  private async fail(work: RunInProgress, error: unknown): Promise<void> {
    const failure = sessionFailureOf(error);
    if (failure instanceof RunFailure) return this.endExplained(work, failure);
    const id = randomUUID();
    const { stack, message } = error instanceof Error ? error : new Error(String(error));
    this.logger.error(`run ${work.hold.run.id} at ${work.journal.step}, ${id}: ${message}`, stack);
    await this.endExplained(work, new RunFailure('CELERY_TASK_EXCEPT', unexpected(id, work.journal.step)));
  }

  /** With the cause, and what to do about it. */
  private async endExplained(work: RunInProgress, failure: RunFailure): Promise<void> {
    const { hold, journal } = work;
    if (hold.run.opType === 'PRECHECK' && journal.step === 'SSH_LOGIN') sayLoginChecks(journal, hold.run, failure);
    const { text, record, quotes } = explain(failure, journal.step, hold.run, (line) => journal.redactor.mask(line));
    for (const line of quotes) journal.quote(line);
    const proof = await work.host.stop();
    const isStopped = failure.errCode === 'CELERY_TASK_TIMEOUT' || proof === 'unproven';
    await this.end(work, failure.errCode, isStopped ? withProof(text, proof) : text, record);
  }

  /** What it did on the host is undone; a worker that shuts down leaves that to the next one. */
  private async cancel(work: RunInProgress, why: Text): Promise<void> {
    const { hold, host } = work;
    const proof = await host.stop();
    try {
      const settled = await persistently(() => this.settlement.settle(work, proof !== 'unproven'), hold.leaveSignal);
      await this.end(work, 'FORCE_STOP', withSettlement(why, proof, settled));
    } catch (error) {
      if (hold.leaseSignal.aborted || !hold.leaveSignal.aborted) throw error;
      await this.handBack(work);
    }
  }

  private async end(
    { hold, journal }: RunInProgress,
    errCode: ErrCode,
    why: Text,
    record: RunFailureRecord | null = null,
  ): Promise<void> {
    const { run } = hold;
    journal.step = 'OVER_FAILED';
    const isDone = await this.write(hold.leaseSignal, () => this.transitions.fail(run, errCode, why, record));
    if (!isDone) throw new RunLostError();
    this.tell(run.id, run.opType, 'FAILED', errCode);
  }

  private async handBack({ hold, host, journal }: RunInProgress): Promise<void> {
    journal.say(handedBack(await host.stop()));
    const patience = AbortSignal.any([hold.leaseSignal, AbortSignal.timeout(HAND_BACK_WITHIN_MS)]);
    await this.write(patience, () => this.claims.release(workerName(), [hold.run]));
    this.logger.log(`run ${hold.run.id} is handed back`);
  }

  /** The log first, so that the ending is its last line. */
  private write<T>(leaseSignal: AbortSignal, change: () => Promise<T>): Promise<T> {
    return persistently(async () => {
      leaseSignal.throwIfAborted();
      await this.logs.flush();
      return change();
    }, leaseSignal);
  }

  private tell(runId: number, opType: string, status: string, errCode: ErrCode): void {
    runEnds.inc({ op_type: opType, status, err_code: errCode });
    this.logger.log(`run ${runId} (${opType}) ended: ${errCode}`);
  }
}
