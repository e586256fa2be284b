import type { Client, ClientChannel } from 'ssh2';
import { evidenceOf } from './evidence.js';
import { lost, otherFailure } from './ssh-error-texts.js';
import type { OutputStream, ProcessEnd } from './ssh-session.js';
import type { SshError } from './ssh.errors.js';

/** What a channel needs to know of its session. */
export interface ChannelOwner {
  readonly client: Client;
  readonly where: string;
  /** Why the session is over, when it is. */
  readonly lossReason: SshError | null;
}

export type ChunkListener = (chunk: Buffer, stream: OutputStream) => void;

/**
 * One command's channel. Its listeners are attached in ssh2's callback, not after an `await`: the end of a short
 * command may lie in the same packet as its beginning.
 */
export class CommandChannel {
  /** Rejects when the channel ends before the command has told how it ended. */
  readonly closed: Promise<ProcessEnd>;
  private end_: ProcessEnd | null = null;
  private isOver = false;
  private openStreams = 2;
  private settle!: { resolve: (end: ProcessEnd) => void; reject: (error: unknown) => void };

  private constructor(
    private readonly owner: ChannelOwner,
    private readonly channel: ClientChannel,
    private readonly onChunk: ChunkListener,
  ) {
    this.closed = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.closed.catch(() => {});
    this.listen();
  }

  /**
   * Asks the server to run a command.
   * @throws SshError of kind `lost` or `other`; the signal's reason when that aborts
   */
  static open(
    owner: ChannelOwner,
    command: string,
    signal: AbortSignal,
    onChunk: ChunkListener,
  ): Promise<CommandChannel> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (owner.lossReason) return reject(owner.lossReason);
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      const onAnswer = (error: Error | undefined, channel: ClientChannel): void => {
        signal.removeEventListener('abort', onAbort);
        if (error) return reject(owner.lossReason ?? refusalOf(owner, error));
        const opened = new CommandChannel(owner, channel, onChunk);
        if (signal.aborted) opened.abandon(signal.reason);
        resolve(opened);
      };
      try {
        owner.client.exec(command, onAnswer);
      } catch (error) {
        signal.removeEventListener('abort', onAbort);
        reject(owner.lossReason ?? lost(owner.where, evidenceOf((error as Error).message)));
      }
    });
  }

  get isClosed(): boolean {
    return this.isOver;
  }

  /** @throws SshError of kind `lost` when nobody can read it any more */
  write(bytes: string | Buffer): void {
    if (this.isOver || !this.channel.writable) {
      throw this.owner.lossReason ?? lost(this.owner.where, 'the command takes no more input');
    }
    this.channel.write(bytes);
  }

  end(bytes?: string | Buffer): void {
    if (this.isOver || !this.channel.writable) return;
    if (bytes === undefined) this.channel.end();
    else this.channel.end(bytes);
  }

  /** Closes the channel and settles at once with this error; what still comes is thrown away. */
  abandon(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.settle.reject(error);
    this.close();
  }

  close(): void {
    this.channel.close();
  }

  private listen(): void {
    const { channel } = this;
    channel.on('error', () => {});
    channel.stderr.on('error', () => {});
    channel.on('data', (chunk: Buffer) => this.take(chunk, 'stdout'));
    channel.stderr.on('data', (chunk: Buffer) => this.take(chunk, 'stderr'));
    channel.on('exit', (code: number | null, signal?: string) => {
      this.end_ = { code, signal: signal ?? null };
    });
    channel.once('close', () => this.onStreamClosed());
    channel.stderr.once('close', () => this.onStreamClosed());
  }

  private take(chunk: Buffer, stream: OutputStream): void {
    if (this.isOver) return;
    try {
      this.onChunk(chunk, stream);
    } catch (error) {
      // Thrown on, it would come out of ssh2's parser, and take the whole session with it.
      this.abandon(error);
    }
  }

  /** Each of the two streams closes by itself, when the last of it was read. */
  private onStreamClosed(): void {
    this.openStreams -= 1;
    if (this.openStreams > 0 || this.isOver) return;
    this.isOver = true;
    const end = this.end_;
    // Neither a code nor a signal is no end of a command: the connection or the server broke.
    if (end && (end.code !== null || end.signal !== null)) return this.settle.resolve(end);
    this.settle.reject(this.owner.lossReason ?? lost(this.owner.where, 'the channel closed before the command ended'));
  }
}

function refusalOf(owner: ChannelOwner, error: Error): SshError {
  return otherFailure(owner.where, evidenceOf(`the server refused to run a command: ${error.message}`));
}
