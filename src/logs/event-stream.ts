import { once } from 'node:events';
import type { Response } from 'express';

/** What keeps proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is gone, whatever its connection says. */
const PATIENCE_MS = 60_000;

/**
 * An answer of type text/event-stream that waits for its reader, so that a slow one never fills our memory.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  private readonly over = new AbortController();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(private readonly response: Response) {
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      // nginx would hold events back until its buffer is full.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    response.once('close', () => this.stop());
    response.on('error', () => this.stop());
    this.heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(': still here\n\n');
    }, HEARTBEAT_MS).unref();
  }

  /** Fires when the reader has left or the stream has ended. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Resolves when the reader may be given more. What it is given is one line of `data`, without line breaks. */
  async send(event: string, data: string, id?: string): Promise<void> {
    if (this.signal.aborted) return;
    const isTaken = this.response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
    if (isTaken) return;
    try {
      const signal = AbortSignal.any([this.signal, AbortSignal.timeout(PATIENCE_MS)]);
      await once(this.response, 'drain', { signal });
    } catch {
      this.response.destroy();
      this.stop();
    }
  }

  /** Ends the answer. May be called more than once. */
  end(): void {
    this.stop();
    if (!this.response.writableEnded) this.response.end();
  }

  private stop(): void {
    clearInterval(this.heartbeat);
    this.over.abort();
  }
}
