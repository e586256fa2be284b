import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { jest } from '@jest/globals';
import { deadlyPrograms } from '../support/deadly-programs.js';
import { eventually } from '../support/eventually.js';
import { onBench } from '../support/on-bench.js';
import { asIs, TOKEN, withVersion, type TargetBench } from '../support/target-bench.js';
import { current, expectOldOne, mute, NEW_TOKEN, onTrial, withAgent } from '../support/trials.js';

/** Most of the time they wait: several do so at once, each on a bench of its own. */
jest.setTimeout(60_000);

describe('settle', () => {
  async function settled(bench: TargetBench, values: Record<string, string | number>) {
    const target = await bench.session();
    target.set(values);
    return target.call('settle');
  }

  it.concurrent(
    'leaves nothing of a first installation',
    onBench(async (bench) => {
      await (await onTrial(bench, undefined, { trial: '' })).hangUp();
      expect(await settled(bench, { run_id: 2, had_agent: 'yes' })).toMatchObject({
        code: 0,
        facts: { settled: 'gone' },
      });
      expect(existsSync(bench.home())).toBe(false);
    }),
  );

  it.concurrent(
    'leaves nothing at all where the server knows no agent',
    onBench(async (bench) => {
      await withAgent(bench);
      expect(await settled(bench, { run_id: 2, had_agent: 'no' })).toMatchObject({
        code: 0,
        facts: { settled: 'gone' },
      });
      expect(bench.processes('opt/nodeman/agent')).toEqual([]);
    }),
  );

  it.concurrent.each([{ trial: '' }, { trial: 600 }])(
    'brings the agent of before back, trial or not (%o)',
    onBench(async (bench, values) => {
      await withAgent(bench);
      await (await onTrial(bench, mute, values)).hangUp();
      expect(await settled(bench, { run_id: 2, had_agent: 'yes' })).toMatchObject({
        code: 0,
        facts: { settled: 'before' },
      });
      await expectOldOne(bench);
    }),
  );

  it.concurrent.each<[string, boolean]>([
    ['none that this run made', false],
    ['one that was there before', true],
  ])(
    'leaves of PROXY parts %s',
    onBench(async (bench, _what, isBefore) => {
      await withAgent(bench);
      const nginx = bench.home('plugins/nginx');
      if (isBefore) mkdirSync(nginx);
      await (await onTrial(bench, mute, { trial: '' })).hangUp();
      mkdirSync(nginx, { recursive: true });
      expect(await settled(bench, { run_id: 2, had_agent: 'yes' })).toMatchObject({
        code: 0,
        facts: { settled: 'before' },
      });
      expect(existsSync(nginx)).toBe(isBefore);
    }),
  );

  it.concurrent(
    'leaves an agent alone that this run did not get to',
    onBench(async (bench) => {
      await withAgent(bench);
      mkdirSync(bench.home('versions/.new'));
      expect(await settled(bench, { run_id: 2, had_agent: 'yes' })).toMatchObject({
        code: 0,
        facts: { settled: 'before' },
      });
      expect(existsSync(bench.home('versions/.new'))).toBe(false);
      expect(bench.server.states()).not.toContain('stopping');
    }),
  );

  it.concurrent(
    'keeps the agent of this run once it has reported, since the token of before is worth nothing',
    onBench(async (bench) => {
      await withAgent(bench);
      const target = await onTrial(bench, asIs, { trial: '' });
      await eventually(() => existsSync(bench.home('run/reported')));
      await target.hangUp();
      expect(await settled(bench, { run_id: 2, had_agent: 'yes' })).toMatchObject({
        code: 0,
        facts: { settled: 'stays' },
      });
      expect(current(bench)).toBe('2.0.0');
    }),
  );
});

/** Cuts installations off on a host whose agent is to come back: at the `first` call of a program, the eighth after it, and so on to the end. */
async function expectBackAfterCuts(bench: TargetBench, version: string, first: number): Promise<void> {
  await withAgent(bench);
  const { PATH, arm, isLeft } = deadlyPrograms(bench);
  let nth = first;
  for (let isDone = false; !isDone; nth += 8) {
    const target = await bench.session(undefined, { PATH });
    await bench.offer(target, withVersion(version, mute));
    target.set({ run_id: 1 + nth, token: NEW_TOKEN });
    await target.call('download');
    arm(target.pgid, nth);
    target.write('call install');
    const isOver = () => target.process.signalCode !== null || target.log.includes('done install 0');
    await eventually(isOver, { timeoutMs: 20_000 });
    isDone = target.process.signalCode === null && isLeft();
    arm(0, Infinity);
    if (isDone) await target.stop();
    const next = await bench.session();
    next.set({ run_id: 1 + nth, had_agent: 'yes' });
    const settled = await next.call('settle');
    expect([nth, settled.fail, settled.facts.settled]).toEqual([nth, '', 'before']);
    expect([nth, current(bench), readdirSync(bench.home('versions'))]).toEqual([nth, '1.1.0', ['1.1.0']]);
    expect(bench.text('etc/agent.conf')).toContain(`token=${TOKEN}\n`);
    expect(await next.call('verify')).toMatchObject({ code: 0 });
    expect(await next.stop()).toBe(0);
  }
  expect(nth).toBeGreaterThan(23);
  await expectOldOne(bench);
}

describe('an installation that is cut off', () => {
  it.concurrent.each<[what: string, first: number, version: string]>([
    ['another version', 1, '2.0.0'],
    ['another version', 5, '2.0.0'],
    ['the same version', 3, '1.1.0'],
    ['the same version', 7, '1.1.0'],
  ])(
    'anywhere leaves a host on which the agent of before comes back: %s, from call %i on',
    onBench((bench, _what, first, version) => expectBackAfterCuts(bench, version, first)),
    120_000,
  );
});
