import { TooManyRequestsError } from '../common/errors/app-error.js';
import { HashingQueue } from './hashing-queue.js';

/** Work that ends when it is told to. */
function controlledWork() {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const start = (queue: HashingQueue, id: number) =>
    queue.run(
      () =>
        new Promise<number>((resolve) => {
          started.push(id);
          ends[id] = () => resolve(id);
        }),
    );
  return { started, ends, start };
}

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

describe('HashingQueue', () => {
  it('works on two at once and on the others in their order', async () => {
    const queue = new HashingQueue();
    const { started, ends, start } = controlledWork();
    const results = [0, 1, 2, 3].map((id) => start(queue, id));
    await turnOfTheLoop();
    expect(started).toEqual([0, 1]);
    ends[1]!();
    await results[1];
    await turnOfTheLoop();
    expect(started).toEqual([0, 1, 2]);
    ends[0]!();
    await results[0];
    await turnOfTheLoop();
    expect(started).toEqual([0, 1, 2, 3]);
    ends[2]!();
    ends[3]!();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
  });

  it('gives the turn on when work fails', async () => {
    const queue = new HashingQueue();
    const fail = () => queue.run(() => Promise.reject(new Error('broken')));
    await Promise.allSettled([fail(), fail(), fail()]);
    expect(await queue.run(() => Promise.resolve('done'))).toBe('done');
  });

  it('sends away who comes when the line is full, and takes people again later', async () => {
    const queue = new HashingQueue();
    const { ends, start } = controlledWork();
    const results = Array.from({ length: 66 }, (_, id) => start(queue, id));
    await expect(start(queue, 66)).rejects.toBeInstanceOf(TooManyRequestsError);
    for (let id = 0; id < 66; id += 1) {
      await turnOfTheLoop();
      ends[id]!();
    }
    await Promise.all(results);
    expect(await queue.run(() => Promise.resolve('done'))).toBe('done');
  });
});
