import type { Duplex } from 'node:stream';
import type { ForwardOptions, SshSession } from '../ssh/ssh-session.js';
import { SshError, type SshErrorKind } from '../ssh/ssh.errors.js';

/** What sshd allows by default for sessions (MaxSessions is 10), with room for others. */
export const CHANNELS_PER_LINE = 8;

const BROKEN: ReadonlySet<SshErrorKind> = new Set(['lost', 'silent']);

/** Whether the connection broke, and not one channel of it. */
export function isBroken(error: unknown): error is SshError {
  return error instanceof SshError && BROKEN.has(error.kind);
}

/** What a line tells its pool. */
export interface LineListener {
  /** A channel closed. */
  onFree(): void;
  /** The connection is gone, and all its channels with it. @param reason null when we closed it */
  onOver(line: ProxyLine, reason: SshError | null): void;
}

/** One logged-in connection to a proxy, and its channels. It closes itself when nobody has used it for a while. */
export class ProxyLine {
  /** Channels that are open or promised. */
  load = 0;
  private isEnding = false;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly session: SshSession,
    private readonly idleMs: number,
    private readonly listener: LineListener,
  ) {
    this.rest();
    void session.closed.then((reason) => {
      this.isEnding = true;
      clearTimeout(this.idle);
      this.listener.onOver(this, reason);
    });
  }

  get hasRoom(): boolean {
    return !this.isEnding && this.load < CHANNELS_PER_LINE;
  }

  /** Promises a channel to somebody, who must then call `forward`. */
  promise(): void {
    clearTimeout(this.idle);
    this.load += 1;
  }

  /** Opens the channel that was promised. @throws as `SshSession.forward` */
  async forward(address: string, port: number, options: ForwardOptions): Promise<Duplex> {
    try {
      const stream = await this.session.forward(address, port, options);
      if (stream.closed) this.release();
      else stream.once('close', () => this.release());
      return stream;
    } catch (error) {
      // It is not over before its socket is, and is of no use from now on.
      if (isBroken(error)) this.isEnding = true;
      this.release();
      throw error;
    }
  }

  /** Ends the connection and its channels; never throws. */
  close(): Promise<void> {
    this.isEnding = true;
    clearTimeout(this.idle);
    return this.session.close();
  }

  private release(): void {
    this.load -= 1;
    if (this.load === 0) this.rest();
    this.listener.onFree();
  }

  private rest(): void {
    clearTimeout(this.idle);
    // Its channels close after it.
    if (this.isEnding) return;
    this.idle = setTimeout(() => void this.close(), this.idleMs);
  }
}
