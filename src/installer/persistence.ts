import { setTimeout as pause } from 'node:timers/promises';
import { isConnectionError, isDeadlock, isSerializationFailure } from '../common/db/postgres-errors.js';
import { RunFailure } from './run.failures.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Does `work` again and again while Postgres is away, until it succeeds or `signal` aborts. The work must bear being
 * done twice: a statement whose answer was lost may have taken place.
 * @throws what `work` throws for any other reason; the last of its errors when the signal aborts
 */
export async function persistently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error;
      await pause(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

function isPassing(error: unknown): boolean {
  // Its words may be a host's, and a host may say anything.
  if (error instanceof RunFailure) return false;
  return isConnectionError(error) || isDeadlock(error) || isSerializationFailure(error);
}
