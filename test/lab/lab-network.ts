import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

/** Names of our links begin so; Linux allows 15 characters. */
export const LINK_PREFIX = 'nml';

/** Runs `ip` commands in one process; with `force` it goes on after one that fails. */
export function ip(commands: readonly string[], options: { force?: boolean } = {}): void {
  if (commands.length === 0) return;
  const args = [...(options.force ? ['-force'] : []), '-batch', '-'];
  try {
    execFileSync('ip', args, { input: `${commands.join('\n')}\n`, stdio: ['pipe', 'ignore', 'pipe'] });
  } catch (error) {
    if (!options.force) throw error;
  }
}

/** The first three parts of a free /24 of the range for benchmarks, which is routed nowhere. @see RFC 2544 */
export function freeSubnet(): string {
  const taken = execFileSync('ip', ['-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' });
  for (;;) {
    const subnet = `198.${randomInt(18, 20)}.${randomInt(0, 256)}`;
    if (!taken.includes(`${subnet}.`)) return subnet;
  }
}

/** Our links whose names begin with `prefix`. */
export function linksWith(prefix: string): string[] {
  const links = JSON.parse(execFileSync('ip', ['-json', 'link', 'show'], { encoding: 'utf8' })) as { ifname: string }[];
  return links.map(({ ifname }) => ifname).filter((name) => name.startsWith(prefix));
}
