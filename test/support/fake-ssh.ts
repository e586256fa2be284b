import type {
  ExecOptions,
  ExecResult,
  OpenOptions,
  OutputStream,
  PresentedHostKey,
  ProcessEnd,
  RemoteProcess,
  SshSession,
} from '../../src/ssh/ssh-session.js';
import type { SshError } from '../../src/ssh/ssh.errors.js';

type ExecAnswer = Partial<ExecResult> | Error | ((command: string, options: ExecOptions) => Partial<ExecResult>);
type ProcessScript = (process: FakeRemoteProcess) => void;

/**
 * A session that answers as programmed; a call that nobody programmed throws. Answers are taken by the first pattern
 * that fits, and stay.
 */
export class FakeSshSession implements SshSession {
  readonly hostKey: PresentedHostKey = { type: 'ssh-ed25519', publicKey: 'AAAA', fingerprint: 'SHA256:fake' };
  readonly serverVersion = 'OpenSSH_fake';
  readonly closed: Promise<SshError | null>;
  /** Commands given to `exec`, in order, with what went to their stdin. */
  readonly execs: { command: string; stdin: string }[] = [];
  /** Processes that were opened, in order. */
  readonly processes: FakeRemoteProcess[] = [];
  isClosed = false;
  private readonly answers: { pattern: string | RegExp; answer: ExecAnswer }[] = [];
  private readonly scripts: { pattern: string | RegExp; script: ProcessScript }[] = [];
  private resolveClosed!: (reason: SshError | null) => void;

  constructor() {
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
  }

  /** Programs `exec`; what the answer leaves out is code 0 and no output. */
  onExec(pattern: string | RegExp, answer: ExecAnswer): this {
    this.answers.push({ pattern, answer });
    return this;
  }

  /** Programs `open`; the script gets the process before `open` returns, to say what it does with each line. */
  onOpen(pattern: string | RegExp, script: ProcessScript): this {
    this.scripts.push({ pattern, script });
    return this;
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    options.signal.throwIfAborted();
    this.execs.push({ command, stdin: options.stdin?.toString() ?? '' });
    const found = this.answers.find(({ pattern }) => fits(pattern, command));
    if (!found) throw new Error(`Nobody programmed exec of: ${command}`);
    if (found.answer instanceof Error) throw found.answer;
    const answer = typeof found.answer === 'function' ? found.answer(command, options) : found.answer;
    return { code: 0, signal: null, stdout: '', stderr: '', truncated: false, ...answer };
  }

  async open(command: string, options: OpenOptions): Promise<RemoteProcess> {
    options.signal.throwIfAborted();
    const found = this.scripts.find(({ pattern }) => fits(pattern, command));
    if (!found) throw new Error(`Nobody programmed open of: ${command}`);
    const process = new FakeRemoteProcess(command, options);
    this.processes.push(process);
    found.script(process);
    return process;
  }

  async forward(address: string, port: number): Promise<never> {
    throw new Error(`Nobody programmed forward to ${address}:${port}`);
  }

  /** The session breaks, and its processes with it. */
  lose(error: SshError): void {
    for (const process of this.processes) process.breakOff(error);
    this.resolveClosed(error);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.resolveClosed(null);
  }
}

/** The far end of `open`, in a test's hands. */
export class FakeRemoteProcess implements RemoteProcess {
  readonly closed: Promise<ProcessEnd>;
  readonly droppedBytes = 0;
  /** Lines that were written to its stdin, in order. */
  readonly written: string[] = [];
  isEnded = false;
  isClosed = false;
  private listener: ((line: string) => void) | null = null;
  private settle!: { resolve: (end: ProcessEnd) => void; reject: (error: unknown) => void };

  constructor(
    readonly command: string,
    private readonly options: OpenOptions,
  ) {
    this.closed = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.closed.catch(() => {});
    options.signal.addEventListener('abort', () => this.breakOff(options.signal.reason), { once: true });
  }

  /** What the process does with each line of its stdin. Without it, a line is refused. */
  onWrite(listener: (line: string) => void): this {
    this.listener = listener;
    return this;
  }

  /** Prints lines, a turn of the event loop later, as a network would. */
  say(...lines: string[]): void {
    this.print('stdout', lines);
  }

  complain(...lines: string[]): void {
    this.print('stderr', lines);
  }

  /** Ends, after what was said before. */
  exit(code: number | null, signal: string | null = null): void {
    setImmediate(() => {
      this.isClosed = true;
      this.settle.resolve({ code, signal });
    });
  }

  /** The channel breaks without telling how the command ended. */
  breakOff(error: unknown): void {
    this.isClosed = true;
    this.settle.reject(error);
  }

  write(line: string): void {
    if (this.isClosed || this.isEnded) throw new Error(`Written to a process that takes no more input: ${line}`);
    this.written.push(line);
    if (!this.listener) throw new Error(`Nobody programmed the line: ${line}`);
    this.listener(line);
  }

  end(): void {
    this.isEnded = true;
  }

  close(): void {
    if (!this.isClosed) this.breakOff(new Error('The channel was closed by us'));
  }

  private print(stream: OutputStream, lines: readonly string[]): void {
    setImmediate(() => {
      if (!this.isClosed) for (const line of lines) this.options.onLine(line, stream);
    });
  }
}

function fits(pattern: string | RegExp, command: string): boolean {
  return typeof pattern === 'string' ? command.includes(pattern) : pattern.test(command);
}
