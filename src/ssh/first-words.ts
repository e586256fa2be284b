import type { Duplex } from 'node:stream';

const MOST_CHARACTERS = 500;

/**
 * What the other side says before it speaks SSH, if it ever does: a server that turns us away tells why in plain text, and
 * hangs up (`Exceeded MaxStartups`); so does one that is no SSH server at all.
 */
export class FirstWords {
  private words = '';

  /** @param sock nobody reads from it yet: this only listens when somebody else does */
  constructor(sock: Duplex) {
    const take = (chunk: Buffer): void => {
      this.words += chunk.toString('latin1', 0, MOST_CHARACTERS);
      if (this.words.length >= MOST_CHARACTERS || this.words.includes('SSH-')) sock.off('data', take);
    };
    const join = (event: string | symbol): void => {
      if (event !== 'data') return;
      sock.off('newListener', join);
      // Before the first byte flows, and after the listener that makes it flow is there.
      queueMicrotask(() => sock.on('data', take));
    };
    sock.on('newListener', join);
  }

  /** Empty when it began with SSH. */
  text(): string {
    const [before = ''] = this.words.split(/^SSH-/m);
    return before.slice(0, MOST_CHARACTERS).trim();
  }
}
