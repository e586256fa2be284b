import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SHELLS = [['dash'], ['bash'], ['busybox', 'ash'], ['ksh']];
const PARTS = ['10-base.sh', '15-processes.sh'].map((part) => `. ${join(process.cwd(), 'agent/lib', part)}`);

/** What a shell prints that has read the script's first parts. */
function saidBy(shell: readonly string[], ...lines: string[]): string {
  const [program = 'sh', ...args] = shell;
  return spawnSync(program, args, { input: [...PARTS, ...lines].join('\n'), encoding: 'utf8' }).stdout;
}

describe.each(SHELLS.map((shell) => ({ shell })))('a limit of time under $shell', ({ shell }) => {
  it('tells that it was over, however slowly the command and its children are killed', () => {
    const slow = 'kill_tree() { kill -9 "$1"; sleep 0.3; }';
    expect(saidBy(shell, slow, 'bounded 1 sleep 5', 'echo "code $?"')).toBe('code 124\n');
  });

  it('is not noticed by a command that ends in time', () => {
    expect(saidBy(shell, 'bounded 5 sh -c "exit 7"', 'echo "code $?"')).toBe('code 7\n');
  });
});
