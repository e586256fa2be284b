import { setTimeout as delay } from 'node:timers/promises';
import { LauncherError } from '../launcher.errors.js';
import { commandLine, isAlive } from '../process-table.js';

const PATIENCE_MS = 15_000;

/**
 * Ends a server that an earlier launcher, killed outright, left on our data. A process that merely got its number, told by
 * a command line without `mark`, is left alone.
 * @throws LauncherError when it does not end
 */
export async function stopOrphan(pid: number, mark: string, signal: NodeJS.Signals): Promise<void> {
  if (!isOrphan(pid, mark)) return;
  process.kill(pid, signal);
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await delay(50)) {
    if (!isAlive(pid)) return;
  }
  throw new LauncherError(
    `A server left over from an earlier start (pid ${pid}) does not end. End it by hand: kill ${pid}`,
  );
}

/** True when `pid` lives and its command line has `mark`. */
export function isOrphan(pid: number, mark: string): boolean {
  return pid > 0 && isAlive(pid) && commandLine(pid).includes(mark);
}
