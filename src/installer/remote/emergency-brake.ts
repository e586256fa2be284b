import type { SshSession } from '../../ssh/ssh-session.js';
import type { Elevation } from './elevation.js';

const PATIENCE_MS = 5_000;

/**
 * Kills a process group by a second channel, and looks that it is gone.
 * @returns true only when it was seen to be gone
 */
export async function killGroup(session: SshSession, elevation: Elevation, group: number): Promise<boolean> {
  try {
    const { code } = await session.exec(elevation.command(killAndLook(group)), {
      signal: AbortSignal.timeout(PATIENCE_MS),
      timeoutMs: PATIENCE_MS,
      stdin: elevation.preamble,
    });
    return code === 0;
  } catch {
    return false;
  }
}

/** `kill -9 -<group>` and not `kill -KILL -- -<group>`, which dash does not take. `sleep` takes whole seconds only. */
function killAndLook(group: number): string {
  const isAlive = `kill -0 -${group} 2>/dev/null`;
  return [
    `kill -15 -${group} 2>/dev/null`,
    `${isAlive} && sleep 1`,
    `kill -9 -${group} 2>/dev/null`,
    `for nm_try in 1 2 3; do ${isAlive} || exit 0; sleep 1; done`,
    'exit 1',
  ].join('; ');
}
