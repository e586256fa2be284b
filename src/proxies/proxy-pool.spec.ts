import { jest } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { Text } from '../common/i18n/text.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { SshError, type SshErrorKind } from '../ssh/ssh.errors.js';
import { ProxyPool } from './proxy-pool.js';

const { signal } = new AbortController();
const LIMITS = { signal, timeoutMs: 1_000 };

const anError = (kind: SshErrorKind): SshError => new SshError(kind, Text.verbatim(`it is ${kind}`));
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A session whose channels are streams that lead nowhere. */
class FakeLine {
  readonly streams = new Set<PassThrough>();
  most = 0;
  isOver = false;
  readonly session = {
    forward: async () => this.open(),
    close: async () => this.end(null),
  } as unknown as SshSession;
  private over!: (reason: SshError | null) => void;

  constructor() {
    Object.assign(this.session, { closed: new Promise((resolve) => (this.over = resolve)) });
  }

  end(reason: SshError | null): void {
    this.isOver = true;
    for (const stream of this.streams) stream.destroy(reason ?? anError('lost'));
    this.over(reason);
  }

  private open(): PassThrough {
    if (this.isOver) throw anError('lost');
    const stream = new PassThrough().on('error', () => {});
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    this.most = Math.max(this.most, this.streams.size);
    return stream;
  }
}

/** A pool over sessions that come when the test says so; `answers` come at once. */
function aPool({ idleMs = 60_000, answers = [] as ('up' | SshError)[] } = {}) {
  const lines: FakeLine[] = [];
  const told: string[] = [];
  const knocking: { up(): void; fail(error: unknown): void }[] = [];
  let most = 0;
  const pool = new ProxyPool(
    {
      logIn: (stopping) =>
        new Promise((resolve, reject) => {
          const leave = () => knocking.splice(knocking.indexOf(login), 1);
          const login = {
            up: () => {
              leave();
              lines.push(new FakeLine());
              resolve(lines.at(-1)!.session);
            },
            fail: (error: unknown) => (leave(), reject(error as Error)),
          };
          stopping.addEventListener('abort', () => login.fail(stopping.reason), { once: true });
          knocking.push(login);
          most = Math.max(most, knocking.length);
          const answer = answers.shift();
          if (answer === 'up') login.up();
          else if (answer) login.fail(answer);
        }),
      blame: (error) => new Error(`the proxy: ${error.kind}`),
      onUp: () => told.push('up'),
      onDown: ({ kind }) => told.push(`down: ${kind}`),
      onBroken: ({ kind }) => told.push(`broken: ${kind}`),
    },
    idleMs,
  );
  return { pool, lines, told, knocking, mostLogins: () => most };
}

const open = (pool: ProxyPool) => pool.open('10.0.0.9', 22, LIMITS);
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const ups = (count: number) => times(count, () => 'up' as const);

describe('ProxyPool', () => {
  afterEach(() => jest.useRealTimers());

  it('opens a hundred channels over thirteen connections, two logins at a time', async () => {
    const { pool, lines, mostLogins } = aPool({ answers: ups(100) });
    const streams = await Promise.all(times(100, () => open(pool)));
    expect([lines.length, mostLogins()]).toEqual([13, 1]);
    expect(Math.max(...lines.map(({ most }) => most))).toBe(8);
    expect(pool.load).toBe(100);
    for (const stream of streams) stream.destroy();
    await settled();
    expect(pool.load).toBe(0);
    await pool.close(new Error('over'));
  });

  it('never logs in more than twice at once, whoever asks', async () => {
    const { pool, knocking, mostLogins } = aPool();
    const channels = times(30, () => open(pool));
    const checks = times(3, () => pool.logIn(signal));
    while (knocking.length > 0) {
      knocking[0]!.up();
      await settled();
    }
    await Promise.all([...channels, ...checks]);
    expect(mostLogins()).toBe(2);
    await pool.close(new Error('over'));
  });

  it('makes those wait for whom there is no room, and serves them in order', async () => {
    const { pool, lines } = aPool({ answers: ups(100) });
    const streams = await Promise.all(times(32 * 8, () => open(pool)));
    const order: number[] = [];
    const waiting = [1, 2].map((place) => open(pool).then(() => order.push(place)));
    await settled();
    expect([lines.length, order, pool.load]).toEqual([32, [], 258]);
    for (const stream of streams.slice(0, 2)) stream.destroy();
    await Promise.all(waiting);
    expect([lines.length, order]).toEqual([32, [1, 2]]);
    await pool.close(new Error('over'));
  });

  it('lets those go who do not want to wait any more', async () => {
    const { pool, knocking } = aPool();
    const cancel = new AbortController();
    const leaving = pool.open('10.0.0.9', 22, { signal: cancel.signal, timeoutMs: 1_000 });
    const staying = open(pool);
    cancel.abort(new Error('not wanted'));
    await expect(leaving).rejects.toThrow('not wanted');
    await expect(pool.open('10.0.0.9', 22, { signal: cancel.signal, timeoutMs: 1 })).rejects.toThrow('not wanted');
    knocking[0]!.up();
    await expect(staying).resolves.toBeDefined();
    await pool.close(new Error('over'));
  });

  it('fails all who wait when the login fails and there is no connection, and tries anew for the next', async () => {
    const { pool, told, lines } = aPool({ answers: [anError('refused'), 'up'] });
    const results = await Promise.allSettled(times(5, () => open(pool)));
    expect(results.map((result) => (result as PromiseRejectedResult).reason.message)).toEqual(
      times(5, () => 'the proxy: refused'),
    );
    await open(pool);
    expect([told, lines.length]).toEqual([['down: refused', 'up'], 1]);
    await pool.close(new Error('over'));
  });

  it('waits for room when it gets no further connection', async () => {
    const { pool, told } = aPool({ answers: ['up', ...times(9, () => anError('other'))] });
    const streams = await Promise.all(times(8, () => open(pool)));
    const ninth = open(pool);
    await settled();
    streams[0]!.destroy();
    await expect(ninth).resolves.toBeDefined();
    expect(told).toEqual(['up']);
    await pool.close(new Error('over'));
  });

  it('tries again later to get the connection that it lacks', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    const { pool, lines } = aPool({ answers: ['up', anError('other'), 'up'] });
    await Promise.all(times(8, () => open(pool)));
    const ninth = open(pool);
    await settled();
    expect(lines).toHaveLength(1);
    jest.advanceTimersByTime(1_000);
    await expect(ninth).resolves.toBeDefined();
    expect(lines).toHaveLength(2);
    await pool.close(new Error('over'));
  });

  it('breaks the channels of a connection that dies, and no others', async () => {
    const { pool, lines, told } = aPool({ answers: ups(3) });
    const streams = await Promise.all(times(10, () => open(pool)));
    lines[0]!.end(anError('silent'));
    await settled();
    expect(streams.filter(({ destroyed }) => destroyed)).toHaveLength(8);
    expect([pool.load, told]).toEqual([2, ['up', 'up']]);
    lines[1]!.end(anError('lost'));
    await settled();
    expect([pool.load, told]).toEqual([0, ['up', 'up', 'broken: lost']]);
    await expect(open(pool)).resolves.toBeDefined();
    expect(lines).toHaveLength(3);
    await pool.close(new Error('over'));
  });

  it('uses a new connection where the one at hand turns out to be dead', async () => {
    const { pool, lines } = aPool({ answers: ups(2) });
    (await open(pool)).destroy();
    lines[0]!.isOver = true;
    await expect(open(pool)).resolves.toBeDefined();
    expect(lines).toHaveLength(2);
    lines[0]!.end(anError('lost'));
    await pool.close(new Error('over'));
  });

  it('closes a connection that nobody has used for a while', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    const { pool, lines, told } = aPool({ answers: ups(2), idleMs: 30_000 });
    const stream = await open(pool);
    jest.advanceTimersByTime(60_000);
    expect(lines[0]!.isOver).toBe(false);
    stream.destroy();
    await settled();
    jest.advanceTimersByTime(29_999);
    expect(lines[0]!.isOver).toBe(false);
    jest.advanceTimersByTime(1);
    expect(lines[0]!.isOver).toBe(true);
    await settled();
    expect([pool.isEmpty, told]).toEqual([true, ['up']]);
  });

  it('ends everything when it is closed, and refuses whoever waits or comes', async () => {
    const { pool, lines, told } = aPool({ answers: ups(1) });
    await Promise.all(times(8, () => open(pool)));
    const waiting = open(pool);
    const closed = pool.close(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
    await closed;
    await expect(open(pool)).rejects.toThrow('over');
    expect([lines.every(({ isOver }) => isOver), pool.isEmpty, told]).toEqual([true, true, ['up']]);
  });
});
