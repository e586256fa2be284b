import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';

/** A launcher as a person at a terminal runs it: in a process group of its own, with its output collected. */
export class LauncherProcess {
  output = '';
  readonly exited: Promise<number | null>;
  private readonly process: ChildProcess;

  /** @param wrapper a command that ends by running the one it is given */
  constructor(script: 'start' | 'demo', dataDir: string, env: NodeJS.ProcessEnv = {}, wrapper: readonly string[] = []) {
    const path = fileURLToPath(new URL(`../../dist/launcher/${script}.js`, import.meta.url));
    if (!existsSync(path)) throw new Error('run "npm run build" first');
    const { PATH, HOME } = process.env;
    const [command = '', ...args] = [...wrapper, process.execPath, path];
    this.process = spawn(command, args, {
      detached: true,
      env: { PATH, HOME, DATA_DIR: dataDir, PORT: '0', DEFAULT_LOCALE: 'en', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.exited = new Promise((resolve) => this.process.once('close', (code) => resolve(code)));
  }

  get pid(): number {
    return this.process.pid!;
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Waits until it has written something that `pattern` fits; returns the match. */
  async wrote(pattern: RegExp, timeoutMs = 60_000): Promise<RegExpExecArray> {
    return eventually(
      () => {
        const match = pattern.exec(this.output);
        if (!match) throw new Error(`no ${pattern} in:\n${this.output}`);
        return match;
      },
      { timeoutMs },
    );
  }

  /** As Ctrl-C does: tells everybody in the terminal's foreground group. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }
}

/** Resolves once no living process has `mark` in its arguments or environment. */
export async function untilNothingHas(mark: string): Promise<void> {
  await eventually(
    () => {
      const left = processesWith(mark);
      if (left.length > 0) throw new Error(`still there:\n${left.join('\n')}`);
      return true;
    },
    { timeoutMs: 60_000 },
  );
}

/** Command lines of all living processes that have `mark` in their arguments, environment or current folder. */
export function processesWith(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, command: readProc(pid, 'cmdline') }))
    .filter(({ command }) => command !== '')
    .filter(({ pid, command }) => `${command} ${readProc(pid, 'environ')} ${currentFolder(pid)}`.includes(mark))
    .map(({ pid, command }) => `${pid} ${command}`);
}

function readProc(pid: string, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** A Redis writes its title over its environment, but stays where it was started. */
function currentFolder(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
