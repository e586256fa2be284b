import { jest } from '@jest/globals';
import { RepeatingTask } from './repeating-task.js';

describe('RepeatingTask', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('works again and again, also after a failure, until it is stopped', async () => {
    let times = 0;
    const task = new RepeatingTask('counting', 100, () => {
      times++;
      return times === 2 ? Promise.reject(new Error('once')) : Promise.resolve();
    });
    task.start();
    task.start();
    await jest.advanceTimersByTimeAsync(350);
    expect(times).toBe(3);
    await task.stop();
    await jest.advanceTimersByTimeAsync(350);
    expect(times).toBe(3);
  });

  it('is never at work twice, and stops when its work is done', async () => {
    let atWork = 0;
    let finish = () => {};
    const task = new RepeatingTask('waiting', 100, () => {
      atWork++;
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    task.start();
    await jest.advanceTimersByTimeAsync(350);
    expect(atWork).toBe(1);
    let isStopped = false;
    const stopped = task.stop().then(() => (isStopped = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(isStopped).toBe(false);
    finish();
    await stopped;
  });
});
