import { describe, expect, it } from '@jest/globals';
import { WakeUp } from './wake-up.js';

const NEVER = 60_000;

describe('WakeUp', () => {
  const { signal } = new AbortController();

  it('wakes who waits', async () => {
    const wakeUp = new WakeUp();
    const waiting = wakeUp.wait(NEVER, signal);
    wakeUp.call();
    await expect(waiting).resolves.toBeUndefined();
  });

  it('remembers a call that nobody waited for, once', async () => {
    const wakeUp = new WakeUp();
    wakeUp.call();
    wakeUp.call();
    await wakeUp.wait(NEVER, signal);
    const outcome = await Promise.race([wakeUp.wait(NEVER, signal).then(() => 'woken'), Promise.resolve('waits')]);
    expect(outcome).toBe('waits');
    wakeUp.call();
  });

  it('gives up when told so, and in time', async () => {
    const leaving = new AbortController();
    const waiting = new WakeUp().wait(NEVER, leaving.signal);
    leaving.abort();
    await waiting;
    await new WakeUp().wait(NEVER, leaving.signal);
    await new WakeUp().wait(1, signal);
  });
});
