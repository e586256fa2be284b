import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Response } from 'express';
import { EventStream } from './event-stream.js';

/** An answer whose reader takes nothing until `drain()`. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  readonly headers: Record<string, string> = {};
  isFull = false;
  writableEnded = false;
  isDestroyed = false;
  get writableNeedDrain(): boolean {
    return this.isFull;
  }
  status = () => this;
  set = (headers: Record<string, string>) => Object.assign(this.headers, headers) && this;
  flushHeaders(): void {}
  write(text: string): boolean {
    this.written.push(text);
    return !this.isFull;
  }
  end(): void {
    this.writableEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
  drain(): void {
    this.isFull = false;
    this.emit('drain');
  }
}

function open() {
  const response = new FakeResponse();
  return { response, stream: new EventStream(response as unknown as Response) };
}

describe('EventStream', () => {
  it('writes events as the standard says', async () => {
    const { response, stream } = open();
    await stream.send('log', 'a line', '7');
    await stream.send('end', '{}');
    stream.end();
    expect(response.headers['Content-Type']).toBe('text/event-stream; charset=utf-8');
    expect(response.written).toEqual(['id: 7\nevent: log\ndata: a line\n\n', 'event: end\ndata: {}\n\n']);
    expect(response.writableEnded).toBe(true);
  });

  it('waits for a reader that is slower than the log', async () => {
    const { response, stream } = open();
    response.isFull = true;
    let isSent = false;
    const sending = stream.send('log', 'a line').then(() => (isSent = true));
    await Promise.resolve();
    expect(isSent).toBe(false);
    response.drain();
    await sending;
    stream.end();
  });

  it('waits no more for a reader that has left, and gives it nothing', async () => {
    const { response, stream } = open();
    response.isFull = true;
    const sending = stream.send('log', 'a line');
    response.emit('close');
    await sending;
    expect(stream.signal.aborted).toBe(true);
    await stream.send('log', 'another');
    expect(response.written).toHaveLength(1);
  });
});
