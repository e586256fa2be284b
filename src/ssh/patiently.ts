import { setTimeout as pause } from 'node:timers/promises';
import type { SshSession } from './ssh-session.js';
import { SshError, type SshErrorKind } from './ssh.errors.js';

const MOST_ATTEMPTS = 3;

export interface Patience {
  /** What passes by itself: a busy sshd (MaxStartups) drops newcomers before or while it greets them. */
  readonly passing: ReadonlySet<SshErrorKind>;
  /** Before the second attempt, ±50 %; twice as long before the third. */
  readonly firstPauseMs: number;
  readonly signal: AbortSignal;
  /** Told of each attempt that is followed by another. */
  readonly onFailure?: (attempt: number, error: SshError) => void;
}

/** Connects, three times at most. @throws what the last attempt failed with; the signal's reason when that aborts */
export async function patiently(
  connect: () => Promise<SshSession>,
  { passing, firstPauseMs, signal, onFailure }: Patience,
): Promise<SshSession> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect();
    } catch (error) {
      if (!(error instanceof SshError) || !passing.has(error.kind) || attempt === MOST_ATTEMPTS) throw error;
      onFailure?.(attempt, error);
      await pause(firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()), undefined, { signal });
    }
  }
}
