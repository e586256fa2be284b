import type { Text } from '../common/i18n/text.js';
import type { ErrCode } from '../common/vocabulary/err-codes.js';

/** What a host's command left behind when it failed: masked, and fit to be shown. */
export interface Evidence {
  /** Null when no single command failed. */
  readonly command: string | null;
  readonly exitCode: number | null;
  /** The last lines of its output, at most 20. */
  readonly output: readonly string[];
  /** True when the run's log shows that output already. */
  readonly isLogged?: boolean;
}

/** What helps to find the cause of a failure. */
export interface FailureClues {
  readonly evidence?: Evidence;
  /** For failures of SSH: the kind of the SshError. */
  readonly sshKind?: string;
  /** What the script told about the host. */
  readonly facts?: ReadonlyMap<string, string>;
  /** Cause and remedy, where they are known without asking the rules. */
  readonly diagnosis?: { readonly id: string; readonly cause: Text; readonly remedy: Text };
}

/**
 * Why a run cannot go on: its err_code, and what happened, for people. Cause and remedy are not said in the text:
 * `explain` finds them by what is said and by the clues.
 */
export class RunFailure extends Error {
  /** @param text what happened, as a sentence without its full stop */
  constructor(
    readonly errCode: ErrCode,
    readonly text: Text,
    readonly clues: FailureClues = {},
  ) {
    super(text.en);
    this.name = new.target.name;
  }
}

/** The host cannot be reached, or does not let us in. A removal goes on without it. */
export class LoginFailure extends RunFailure {}

/** The database says that the run is not ours any more: somebody else holds or has ended it. */
export class RunLostError extends Error {
  constructor() {
    super('The run is held by somebody else, or has ended');
    this.name = 'RunLostError';
  }
}

/** Why a run that goes well is stopped all the same. */
export type StopReason = 'cancelled' | 'deadline' | 'hand-back' | 'lease-lost';

/** What the signal of a run aborts with. */
export class RunStopped extends Error {
  constructor(
    readonly reason: StopReason,
    /** For `cancelled`: who wants it so. */
    readonly by = '',
  ) {
    super(`The run is stopped: ${reason}`);
    this.name = 'RunStopped';
  }
}
