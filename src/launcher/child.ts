import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Watchdog } from './watchdog.js';

/** Words that the child says last; enough to tell why it died. */
const TAIL_LINES = 20;

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks it to end. */
  readonly stopSignal: NodeJS.Signals;
  /** Milliseconds that it may take to end before it is killed. */
  readonly stopTimeoutMs: number;
  /** Gets each line of its output. Absent: output goes to `outputFd`. */
  readonly onLine?: (line: string) => void;
  readonly outputFd?: number;
  readonly watchdog: Watchdog;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process that this one started and answers for. It has a process group of its own, so that Ctrl-C reaches only the
 * launcher, which then stops things in order.
 */
export class Child {
  /** Resolves, never rejects, once the process is gone and its output has been read. */
  readonly exited: Promise<ChildExit>;
  private readonly process: ChildProcess;
  private readonly tail: string[] = [];
  private exit: ChildExit | undefined;

  constructor(private readonly options: ChildOptions) {
    const output: StdioOptions = options.onLine
      ? ['pipe', 'pipe']
      : [options.outputFd ?? 'ignore', options.outputFd ?? 'ignore'];
    const { command, args, cwd, env, uid, gid } = options;
    this.process = spawn(command, args, {
      cwd,
      env,
      uid,
      gid,
      detached: true,
      stdio: ['ignore', ...output] as StdioOptions,
    });
    for (const stream of [this.process.stdout, this.process.stderr]) this.readLines(stream);
    const release = this.process.pid ? options.watchdog.guard(this.process.pid, options.stopSignal) : () => undefined;
    this.exited = new Promise((resolve) => {
      const end = (exit: ChildExit) => {
        this.exit ??= exit;
        release();
        resolve(this.exit);
      };
      this.process.once('error', (error) => {
        this.tail.push(error.message);
        end({ code: null, signal: null });
      });
      this.process.once('close', (code, signal) => end({ code, signal }));
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get isRunning(): boolean {
    return this.exit === undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Its last lines of output. */
  get lastWords(): string {
    return this.tail.join('\n');
  }

  /** Asks it to end, and kills its whole group when it does not in time. Resolves once it is gone. */
  async stop(): Promise<void> {
    if (this.isRunning) {
      this.process.kill(this.options.stopSignal);
      const timer = setTimeout(() => this.kill(), this.options.stopTimeoutMs);
      await this.exited;
      clearTimeout(timer);
    }
    await this.exited;
  }

  /** Kills it and its group at once. */
  kill(): void {
    if (!this.isRunning || !this.process.pid) return;
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      this.process.kill('SIGKILL');
    }
  }

  private readLines(stream: NodeJS.ReadableStream | null): void {
    if (!stream) return;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      this.tail.push(line);
      if (this.tail.length > TAIL_LINES) this.tail.shift();
      this.options.onLine?.(line);
    });
  }
}

/** `exit code 3` or `signal SIGKILL` */
export function describeExit({ code, signal }: ChildExit): string {
  if (signal) return `signal ${signal}`;
  return code === null ? 'could not be started' : `exit code ${code}`;
}
