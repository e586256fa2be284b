import type { SshSession } from '../../ssh/ssh-session.js';
import type { Elevation } from './elevation.js';

const PATIENCE_MS = 4_500;

/**
 * Kills all that a script has started, by a second channel, and looks that it is gone.
 * @param group the script's process group, which is its session too
 * @returns true only when all of it was seen to be gone
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

/**
 * Programs move out of the group (GNU timeout does), but not out of the session: field 6 of /proc/<pid>/stat. Zombies
 * hold nothing, but answer `kill -0`, which is for hosts without /proc. `kill -9 -<group>` and not `kill -KILL -- -<group>`, which dash does not take; `sleep` takes whole
 * seconds only.
 */
function killAndLook(group: number): string {
  return [
    `nm_look() { nm_left=; for nm_file in /proc/[0-9]*/stat; do { read -r nm_line <"$nm_file"; } 2>/dev/null || continue`,
    `set -- \${nm_line##*) }; case $1:$4 in [ZX]:*) ;; *:${group}) nm_file=\${nm_file#/proc/}; nm_left="$nm_left \${nm_file%/stat}" ;; esac; done`,
    `test -n "$nm_left" || { test -r /proc/1/stat && return 1; kill -0 -${group} 2>/dev/null; }; }`,
    `kill -15 -${group} 2>/dev/null`,
    `nm_look && sleep 1`,
    `for nm_try in 1 2 3; do kill -9 -${group} $nm_left 2>/dev/null; nm_look || exit 0; sleep 1; done`,
    'exit 1',
  ].join('; ');
}
