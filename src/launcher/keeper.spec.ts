import { jest } from '@jest/globals';
import type { ChildExit } from './child.js';
import { Keeper, type Running } from './keeper.js';

/** Ends when it is told to. */
class FakeRunning implements Running {
  end!: (exit?: ChildExit) => void;
  readonly exited = new Promise<ChildExit>((resolve) => {
    this.end = (exit = { code: 1, signal: null }) => resolve(exit);
  });
  stop(): Promise<void> {
    this.end({ code: 0, signal: null });
    return Promise.resolve();
  }
  kill(): void {
    this.end({ code: null, signal: 'SIGKILL' });
  }
}

describe('Keeper', () => {
  let begun: FakeRunning[];
  let told: string[];
  let failures: number;
  let keeper: Keeper<FakeRunning>;

  beforeEach(async () => {
    jest.useFakeTimers();
    [begun, told, failures] = [[], [], 0];
    const begin = () => {
      if (failures-- > 0) return Promise.reject(new Error('no'));
      begun.push(new FakeRunning());
      return Promise.resolve(begun.at(-1)!);
    };
    keeper = new Keeper('thing', begin, (line) => told.push(line));
    await keeper.start();
  });
  afterEach(() => jest.useRealTimers());

  const crash = async (waitMs: number) => {
    begun.at(-1)!.end();
    await jest.advanceTimersByTimeAsync(waitMs);
  };

  it('starts again what ended, later each time', async () => {
    await crash(500);
    expect(begun).toHaveLength(2);
    await crash(999);
    expect(begun).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(begun).toHaveLength(3);
    expect(told).toEqual([
      'thing ended (exit code 1); starting it again in 0.5 s',
      'thing ended (exit code 1); starting it again in 1 s',
    ]);
  });

  it('is quick again after a long quiet time', async () => {
    await crash(500);
    await jest.advanceTimersByTimeAsync(61_000);
    await crash(500);
    expect(begun).toHaveLength(3);
  });

  it('goes on trying when a new start fails', async () => {
    failures = 2;
    await crash(500 + 1_000 + 2_000);
    expect(begun).toHaveLength(2);
    expect(told.slice(1)).toEqual(['thing: no', 'thing: no']);
  });

  it('lets rest what it stopped, also while it waits', async () => {
    await keeper.stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(begun).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('does not start again when it is stopped between two lives', async () => {
    await crash(100);
    await keeper.stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(begun).toHaveLength(1);
  });
});
