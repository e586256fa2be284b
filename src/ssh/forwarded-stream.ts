import { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { ChannelOwner } from './command-channel.js';
import { evidenceOf } from './evidence.js';
import { endpoint, forwardFailed, forwardRefused, forwardTimeout, lost } from './ssh-error-texts.js';
import type { ForwardOptions } from './ssh-session.js';
import type { SshError } from './ssh.errors.js';

/** The server tried, and it did not work; all other reasons are the server's own. @see RFC 4254, 5.1 */
const CONNECT_FAILED = 2;
/** Servers say little more than that they do not. */
const REASONS: Readonly<Record<number | string, string>> = {
  1: 'administratively prohibited: ',
  3: 'unknown channel type: ',
  4: 'resource shortage: ',
};

type RefusedOpening = Error & { reason?: number | string };

/**
 * A connection through a session, as a stream that ends like a socket's. ssh2's channel does not: it waits for the server
 * before it says `close`, for ever when that is gone, and writes to a channel that is closed are never answered.
 */
export class ForwardedStream extends Duplex {
  private constructor(
    private readonly owner: ChannelOwner,
    private readonly channel: ClientChannel,
  ) {
    super();
    // It may break before anybody listens, and an 'error' without a listener ends the process.
    this.on('error', () => {});
    channel.on('error', () => {});
    channel.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) channel.pause();
    });
    channel.once('end', () => this.push(null));
    channel.once('close', () => this.onChannelClosed());
    channel.pause();
  }

  /**
   * Asks the server for a connection to `address`.
   * @throws as `SshSession.forward`
   */
  static open(owner: ChannelOwner, address: string, port: number, options: ForwardOptions): Promise<ForwardedStream> {
    const { signal, timeoutMs } = options;
    const target = endpoint(address, port);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (owner.lossReason) return reject(owner.lossReason);
      let isGivenUp = false;
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        how();
      };
      const giveUp = (error: unknown): void => {
        isGivenUp = true;
        settle(() => reject(error as Error));
      };
      const onAbort = (): void => giveUp(signal.reason);
      const timer = setTimeout(() => giveUp(forwardTimeout(owner.where, target, timeoutMs)), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      const onAnswer = (error: Error | undefined, channel: ClientChannel): void => {
        if (isGivenUp) return channel?.close();
        if (error) return giveUp(owner.lossReason ?? refusalOf(owner.where, target, error));
        settle(() => resolve(new ForwardedStream(owner, channel)));
      };
      try {
        owner.client.forwardOut('127.0.0.1', 0, address, port, onAnswer);
      } catch (error) {
        giveUp(owner.lossReason ?? lost(owner.where, evidenceOf((error as Error).message)));
      }
    });
  }

  override _read(): void {
    this.channel.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.channel.write(chunk, encoding, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.channel.close();
    this.channel.resume();
    done(error);
  }

  /** The target or the server ended it. What came before is still handed out, unless the whole session is over. */
  private onChannelClosed(): void {
    if (this.owner.lossReason) return void this.destroy(this.owner.lossReason);
    if (this.readableEnded) return void this.destroy();
    this.once('end', () => this.destroy());
    this.push(null);
  }
}

function refusalOf(where: string, target: string, { message, reason = '' }: RefusedOpening): SshError {
  const words = message.replace(/^\(SSH\) Channel open failure: /, '');
  const why = evidenceOf(`${REASONS[reason] ?? ''}${words}`);
  return reason === CONNECT_FAILED ? forwardFailed(where, target, why) : forwardRefused(where, target, why);
}
