import type { Step } from '../common/vocabulary/steps.js';
import type { ClaimedRun } from '../tasks/run-claims.js';
import type { RemoteHost } from './remote/remote-host.js';
import type { RunJournal } from './run-journal.js';
import type { RunFailure } from './run.failures.js';

/** Under this name Nest has the list of all steps. */
export const INSTALL_STEPS = Symbol('install steps');

/** All that a step has of its run. */
export interface StepContext {
  readonly run: ClaimedRun;
  readonly host: RemoteHost;
  readonly journal: RunJournal;
  /** Aborts when the step runs out of time, and when the run is to stop. */
  readonly signal: AbortSignal;
}

/**
 * One named stage of a run. It looks, acts and verifies, and may be run again at any time: a worker that takes a run
 * over begins with the step that the other had not finished.
 */
export interface InstallStep {
  readonly name: Step;
  timeoutMs(run: ClaimedRun): number;
  /** What it means when that time is over. */
  timedOut(run: ClaimedRun): RunFailure;
  /** @throws RunFailure saying why the run cannot go on */
  run(context: StepContext): Promise<void>;
}
