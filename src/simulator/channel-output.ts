import type { ServerChannel } from 'ssh2';

/** What ssh2's channel remembers of a write that waits for the client's window. */
interface WaitingWrites {
  _chunk?: unknown;
  _chunkcb?: unknown;
  _chunkErr?: unknown;
  _chunkcbErr?: unknown;
}

/**
 * Sends a command's two streams through its channel, one chunk at a time, as fast as the client takes them.
 *
 * One at a time, because ssh2's server remembers a write that had to wait for the window after it is done, and sends it
 * again when the other stream has to wait.
 */
export class ChannelOutput {
  private queue: Promise<void> = Promise.resolve();
  private readonly closed: Promise<void>;
  /** Whether the channel is closed: what is sent goes nowhere. */
  isOver = false;
  /** Bytes sent on this channel. */
  sentBytes = 0;

  constructor(
    private readonly channel: ServerChannel,
    closed: Promise<void>,
  ) {
    this.closed = closed.then(() => {
      this.isOver = true;
    });
  }

  /** Resolves when the client's window took the chunk, or the channel is closed. */
  send(chunk: Buffer, stream: 'stdout' | 'stderr'): Promise<void> {
    this.queue = this.queue.then(() => this.write(chunk, stream));
    return this.queue;
  }

  private async write(chunk: Buffer, stream: 'stdout' | 'stderr'): Promise<void> {
    if (this.isOver) return;
    const target = stream === 'stdout' ? this.channel : this.channel.stderr;
    const written = new Promise<void>((resolve) => target.write(chunk, () => resolve()));
    // ssh2 never answers for a write to a channel that closed.
    await Promise.race([written, this.closed]);
    Object.assign<object, WaitingWrites>(this.channel, {
      _chunk: undefined,
      _chunkcb: undefined,
      _chunkErr: undefined,
      _chunkcbErr: undefined,
    });
    this.sentBytes += chunk.length;
  }
}
