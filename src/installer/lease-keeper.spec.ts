import { aTestEnv } from '../../test/support/env.js';
import { eventually } from '../../test/support/eventually.js';
import { aClaimedRun } from '../../test/support/steps.js';
import type { RenewedRun, RunClaims, RunRef } from '../tasks/run-claims.js';
import { LeaseKeeper } from './lease-keeper.js';
import { RunHold } from './run-hold.js';

type Renew = (owner: string, runs: readonly RunRef[]) => Promise<RenewedRun[]>;

const ours = (runs: readonly RunRef[]): RenewedRun[] =>
  runs.map(({ id, attempt }) => ({ id, attempt, cancelledBy: null }));
const holds: RunHold[] = [];
const keepers: LeaseKeeper[] = [];

function aKeeper(renew: Renew): LeaseKeeper {
  const keeper = new LeaseKeeper({ renew } as unknown as RunClaims, aTestEnv({ leaseSeconds: 3 }));
  keepers.push(keeper);
  return keeper;
}

function aHold(keeper: LeaseKeeper, id = 1): RunHold {
  const hold = new RunHold(aClaimedRun({ id }), keeper.leaseEnd());
  holds.push(hold);
  keeper.keep(hold);
  return hold;
}

afterEach(() => {
  for (const hold of holds.splice(0)) hold.dispose();
  for (const keeper of keepers.splice(0)) keeper.stop();
});

describe('LeaseKeeper', () => {
  it('renews all runs in one statement', async () => {
    const asked: number[][] = [];
    const keeper = aKeeper(async (_owner, runs) => (asked.push(runs.map(({ id }) => id)), ours(runs)));
    const [first, second] = [aHold(keeper, 1), aHold(keeper, 2)];
    const before = first.leaseEndsAt;
    await keeper.look();
    expect(asked).toEqual([[1, 2]]);
    expect(first.leaseEndsAt).toBeGreaterThan(before);
    expect([first.stopped, second.stopped]).toEqual([null, null]);
  });

  it('gives up a run that is not ours any more', async () => {
    const keeper = aKeeper(async (_owner, runs) => ours(runs.slice(1)));
    const [lost, kept] = [aHold(keeper, 1), aHold(keeper, 2)];
    await keeper.look();
    expect(lost.stopped).toMatchObject({ reason: 'lease-lost' });
    expect(lost.leaseSignal.aborted).toBe(true);
    expect(kept.stopped).toBeNull();
  });

  it('stops a run that somebody wants stopped, but keeps its lease for the ending', async () => {
    const keeper = aKeeper(async () => [{ id: 1, attempt: 1, cancelledBy: 'ann' }]);
    const hold = aHold(keeper);
    await keeper.look();
    expect(hold.stopped).toMatchObject({ reason: 'cancelled', by: 'ann' });
    expect(hold.leaseSignal.aborted).toBe(false);
  });

  it.each<[string, Renew]>([
    ['fails', () => Promise.reject(new Error('Connection terminated'))],
    ['hangs', () => new Promise(() => undefined)],
  ])('gives a run up before its lease ends when the renewal %s', async (_how, renew) => {
    const keeper = aKeeper(renew);
    const hold = aHold(keeper);
    const granted = performance.now();
    keeper.start();
    await eventually(() => hold.stopped, { timeoutMs: 4_000, everyMs: 20 });
    expect(hold.stopped).toMatchObject({ reason: 'lease-lost' });
    expect(performance.now() - granted).toBeLessThan(3_000);
  });

  it('looks again when a renewal was under way at the time of a rumour', async () => {
    const pending: ((cancelledBy: string | null) => void)[] = [];
    const keeper = aKeeper(async () => {
      const cancelledBy = await new Promise<string | null>((resolve) => pending.push(resolve));
      return [{ id: 1, attempt: 1, cancelledBy }];
    });
    const hold = aHold(keeper);
    const tooEarly = keeper.look();
    await eventually(() => pending.length > 0);
    const rumour = keeper.look();
    pending.shift()?.(null);
    await tooEarly;
    expect(hold.stopped).toBeNull();
    await eventually(() => pending.length > 0);
    pending.shift()?.('ann');
    await rumour;
    expect(hold.stopped).toMatchObject({ reason: 'cancelled' });
  });

  it('forgets a run that has ended', async () => {
    const keeper = aKeeper(() => Promise.reject(new Error('nobody is to be asked')));
    const hold = aHold(keeper);
    keeper.forget(hold);
    await keeper.look();
    expect(keeper.holdOf(1)).toBeUndefined();
  });
});
