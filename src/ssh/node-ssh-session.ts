import type { Duplex } from 'node:stream';
import { CommandChannel, type ChannelOwner } from './command-channel.js';
import { evidenceOf } from './evidence.js';
import { ForwardedStream } from './forwarded-stream.js';
import { LineReader, OutputBudget } from './line-reader.js';
import type { LoggedIn } from './login.js';
import { OutputBuffer } from './output-buffer.js';
import { execTimeout, fellSilent, lost } from './ssh-error-texts.js';
import type {
  ExecOptions,
  ExecResult,
  ForwardOptions,
  OpenOptions,
  PresentedHostKey,
  ProcessEnd,
  RemoteProcess,
  SshSession,
} from './ssh-session.js';
import type { SshError } from './ssh.errors.js';

const EXEC_OUTPUT_BYTES = 1024 * 1024;
const PROCESS_OUTPUT_BYTES = 16 * 1024 * 1024;
/** How long the other side has to take our farewell before the connection is cut. */
const FAREWELL_MS = 1_000;
/** The level of ssh2's error when keepalives are not answered. */
const KEEPALIVE_LOST = 'client-timeout';

/** A session over NodeSSH's connection; see docs/adr/0003-ssh-library.md for what is used of it, and what is not. */
export class NodeSshSession implements SshSession, ChannelOwner {
  readonly hostKey: PresentedHostKey;
  readonly serverVersion: string;
  readonly client: LoggedIn['client'];
  readonly closed: Promise<SshError | null>;
  lossReason: SshError | null = null;
  private readonly forwarded = new Set<ForwardedStream>();
  private isClosing = false;
  private isOver = false;

  constructor(
    private readonly loggedIn: LoggedIn,
    readonly where: string,
  ) {
    this.client = loggedIn.client;
    this.hostKey = loggedIn.hostKey;
    this.serverVersion = loggedIn.serverVersion;
    this.closed = new Promise((resolve) => {
      this.client.on('error', (error: Error & { level?: string }) => {
        if (error.level === KEEPALIVE_LOST) this.lossReason ??= fellSilent(this.where);
        this.noteLoss(error.message);
      });
      // The first of the two comes before ssh2 ends the channels, so that these know why.
      this.client.on('end', () => this.noteLoss('the host closed the connection'));
      this.client.once('close', () => {
        this.noteLoss('the connection broke');
        this.isOver = true;
        for (const stream of this.forwarded) stream.destroy(this.lossReason ?? undefined);
        resolve(this.isClosing ? null : this.lossReason);
      });
    });
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const limit = options.maxOutputBytes ?? EXEC_OUTPUT_BYTES;
    const output = { stdout: new OutputBuffer(limit), stderr: new OutputBuffer(limit) };
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(execTimeout(this.where, options.timeoutMs)), options.timeoutMs);
    const signal = AbortSignal.any([options.signal, deadline.signal]);
    try {
      const channel = await CommandChannel.open(this, command, signal, (chunk, stream) => output[stream].add(chunk));
      channel.end(options.stdin);
      const end = await this.endOf(channel, signal);
      const truncated = output.stdout.droppedBytes + output.stderr.droppedBytes > 0;
      return { ...end, stdout: output.stdout.text(), stderr: output.stderr.text(), truncated };
    } finally {
      clearTimeout(timer);
    }
  }

  async open(command: string, options: OpenOptions): Promise<RemoteProcess> {
    const budget = new OutputBudget(options.maxOutputBytes ?? PROCESS_OUTPUT_BYTES);
    const { onLine, alwaysPrefix } = options;
    const readers = {
      stdout: new LineReader(budget, (line) => onLine(line, 'stdout'), alwaysPrefix),
      stderr: new LineReader(budget, (line) => onLine(line, 'stderr')),
    };
    const channel = await CommandChannel.open(this, command, options.signal, (chunk, stream) =>
      readers[stream].push(chunk),
    );
    const closed = this.endOf(channel, options.signal).finally(() => {
      readers.stdout.end();
      readers.stderr.end();
    });
    closed.catch(() => {});
    return {
      closed,
      write: (line) => channel.write(`${line}\n`),
      end: () => channel.end(),
      close: () => channel.abandon(lost(this.where, 'we closed the channel')),
      get droppedBytes() {
        return budget.droppedBytes;
      },
    };
  }

  async forward(address: string, port: number, options: ForwardOptions): Promise<Duplex> {
    const stream = await ForwardedStream.open(this, address, port, options);
    this.forwarded.add(stream);
    stream.once('close', () => this.forwarded.delete(stream));
    return stream;
  }

  async close(): Promise<void> {
    this.isClosing = true;
    if (!this.isOver) {
      this.client.end();
      // Not the client's destroy(): it does nothing once end() was called.
      const timer = setTimeout(() => this.loggedIn.sock.destroy(), FAREWELL_MS);
      void this.closed.then(() => clearTimeout(timer));
    }
    await this.closed;
  }

  /** Waits for a channel, unless the signal aborts: then the channel is closed, and nothing is waited for. */
  private async endOf(channel: CommandChannel, signal: AbortSignal): Promise<ProcessEnd> {
    const onAbort = (): void => channel.abandon(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      return await channel.closed;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private noteLoss(why: string): void {
    this.lossReason ??= lost(this.where, this.isClosing ? 'we closed the session' : evidenceOf(why));
  }
}
