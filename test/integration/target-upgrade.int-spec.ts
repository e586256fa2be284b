import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { deadlyPrograms } from '../support/deadly-programs.js';
import { eventually } from '../support/eventually.js';
import { kill, TargetBench, TOKEN, withShebang, withVersion, type Edit } from '../support/target-bench.js';
import { processesWith } from '../support/target-shell.js';

const SHELLS = [
  { shell: ['dash'], shebang: '#!/usr/bin/dash' },
  { shell: ['bash'], shebang: '#!/usr/bin/bash' },
  { shell: ['busybox', 'ash'], shebang: '#!/usr/bin/busybox ash' },
  { shell: ['ksh'], shebang: '#!/usr/bin/ksh' },
];
const NEW_TOKEN = '7.another';
/** Comes up, but never reports. */
const mute: Edit = (path, text) => (path === 'bin/agent' ? '#!/bin/sh\nexec sleep 999\n' : text);

let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
});

afterEach(() => bench.close());

/** Version 1.1.0 by run 1, as it stays after a session that ended well. */
async function withAgent(edit?: Edit): Promise<void> {
  const target = await bench.session();
  await bench.installed(target, edit);
  await eventually(() => existsSync(bench.home('run/reported')));
  await target.stop();
}

/** Run 2 installs version 2.0.0 on trial. */
async function onTrial(edit: Edit = mute, values: Record<string, string | number> = {}, shell?: string[]) {
  const target = await bench.session(shell);
  await bench.offer(target, withVersion('2.0.0', edit));
  target.set({ run_id: 2, token: NEW_TOKEN, trial: 600, ...values });
  expect(await target.call('download')).toMatchObject({ code: 0 });
  expect(await target.call('install')).toMatchObject({ code: 0, fail: '' });
  return target;
}

const watchdogs = (): number[] => processesWith(bench.home('before/watchdog'));
const current = (): string => /^version=(.*)$/m.exec(bench.text('current/manifest'))?.[1] ?? '';

async function expectOldOne(token = TOKEN): Promise<void> {
  expect(current()).toBe('1.1.0');
  expect(bench.text('etc/agent.conf')).toContain(`token=${token}\n`);
  expect(readdirSync(bench.home('versions'))).toEqual(['1.1.0']);
  expect(existsSync(bench.home('before'))).toBe(false);
  const count = bench.server.reports.length;
  await eventually(() => bench.server.reports.slice(count).some((report) => report.token === token));
  expect(watchdogs()).toEqual([]);
}

describe.each(SHELLS)('under $shell', ({ shell, shebang }) => {
  it('goes back when told to, and to nothing but what was there', async () => {
    bench.server.answer = { interval: 1, servers: [bench.server.address] };
    await withAgent(withShebang(shebang));
    const learned = bench.text('run/learned');
    const target = await onTrial(mute, {}, shell);
    expect(current()).toBe('2.0.0');
    expect(watchdogs()).toHaveLength(1);
    const { code, text } = await target.call('back');
    expect(code).toBe(0);
    expect(text).toContain('went back to 1.1.0');
    await expectOldOne();
    expect(bench.text('run/learned')).toBe(learned);
    expect(await target.call('back')).toMatchObject({
      code: 0,
      text: expect.stringContaining('went back to 1.1.0 before'),
    });
    expect(await target.call('keep')).toMatchObject({ code: 1, fail: expect.stringContaining('went back to 1.1.0') });
  });

  it('goes back by itself, whatever became of the session', async () => {
    await withAgent(withShebang(shebang));
    const target = await onTrial(mute, { trial: 2 }, shell);
    await target.hangUp();
    await eventually(() => current() === '1.1.0');
    await eventually(() => !existsSync(bench.home('before')));
    await expectOldOne();
    expect(bench.text('log/agent.log')).toContain('the trial of 2.0.0 is over without a report; went back to 1.1.0');
    expect(existsSync(`${bench.root}/opt/nodeman/run/lock`)).toBe(false);
  });
});

describe('a version on trial', () => {
  it('stays when it is kept', async () => {
    await withAgent();
    const target = await onTrial((_path, text) => text);
    expect(await target.call('keep')).toMatchObject({ code: 0, text: expect.stringContaining('kept 2.0.0') });
    expect(await target.call('keep')).toMatchObject({ code: 0, text: expect.stringContaining('kept 2.0.0') });
    expect(watchdogs()).toEqual([]);
    expect(readdirSync(bench.home('versions'))).toEqual(['2.0.0']);
    expect(existsSync(bench.home('before'))).toBe(false);
    expect(await target.call('back')).toMatchObject({ code: 1, fail: expect.stringContaining('2.0.0 is final') });
  });

  it('stays by itself once it has reported', async () => {
    await withAgent();
    const target = await onTrial((_path, text) => text, { trial: 2 });
    await eventually(() => existsSync(bench.home('run/reported')));
    expect(await target.stop()).toBe(0);
    await eventually(() => !existsSync(bench.home('before')));
    expect(current()).toBe('2.0.0');
    const says = 'the trial of 2.0.0 is over; it has reported, and stays';
    await eventually(() => bench.text('log/agent.log').includes(says));
  });

  it('cannot be undone once it has reported', async () => {
    await withAgent();
    const target = await onTrial((_path, text) => text);
    await eventually(() => existsSync(bench.home('run/reported')));
    expect(await target.call('back')).toMatchObject({
      code: 1,
      fail: expect.stringContaining('has reported meanwhile'),
    });
    expect(current()).toBe('2.0.0');
    expect(await target.call('keep')).toMatchObject({ code: 0 });
  });

  it('may have the number of the one before', async () => {
    await withAgent();
    const target = await bench.session();
    await bench.offer(target, mute);
    target.set({ run_id: 2, token: NEW_TOKEN, trial: 600 });
    await target.call('download');
    expect(await target.call('install')).toMatchObject({ code: 0 });
    expect(bench.text('current/bin/agent')).toContain('sleep 999');
    expect(await target.call('back')).toMatchObject({ code: 0, text: expect.stringContaining('went back to 1.1.0') });
    await expectOldOne();
  });

  it('is taken away where nothing was before', async () => {
    const target = await onTrial();
    expect(await target.call('back')).toMatchObject({
      code: 0,
      text: expect.stringContaining('nothing was here before'),
    });
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    await target.stop();
    await onTrial(mute, { trial: 1 }).then((again) => again.hangUp());
    await eventually(() => !existsSync(bench.home()));
    await eventually(() => bench.processes().length === 0);
  });

  it('gives way to the next installation, which goes back to the one before the trial', async () => {
    await withAgent();
    await (await onTrial()).hangUp();
    const target = await bench.session();
    await bench.offer(target, withVersion('3.0.0', mute));
    target.set({ run_id: 3, token: NEW_TOKEN, trial: 600 });
    await target.call('download');
    const { code, text } = await target.call('install');
    expect(code).toBe(0);
    expect(text).toContain('an installation of version 2.0.0 was not finished\nwent back to 1.1.0');
    expect(watchdogs()).toHaveLength(1);
    expect(await target.call('back')).toMatchObject({ code: 0, text: expect.stringContaining('went back to 1.1.0') });
    await expectOldOne();
  });

  it('is watched again after a reboot', async () => {
    await withAgent();
    await (await onTrial(mute, { trial: 2 })).stop();
    bench.processes().forEach(kill);
    await eventually(() => bench.processes().length === 0);
    const boot = await bench.session([
      '/usr/bin/dash',
      '-c',
      `${bench.home('current/bin/start')}; exec dash "$@"`,
      'boot',
    ]);
    await boot.stop();
    await eventually(() => current() === '1.1.0');
    await eventually(() => !existsSync(bench.home('before')));
    await expectOldOne();
  });

  it('lets a session that works finish first', async () => {
    await withAgent();
    const target = await onTrial(mute, { trial: 1 });
    bench.server.files.clear();
    bench.server.stalls = true;
    bench.server.files.set('slow.tgz', Buffer.alloc(1000));
    target.set({ package_file: 'slow.tgz' });
    target.write('call download');
    await eventually(() => bench.server.downloads.includes('slow.tgz'));
    await eventually(() => bench.text('log/trial.log').includes(`a session (process ${target.pid}) is on this host`));
    expect(current()).toBe('2.0.0');
    await target.stop();
    await eventually(() => current() === '1.1.0');
  });
});

describe('settle', () => {
  async function settled(values: Record<string, string | number>) {
    const target = await bench.session();
    target.set(values);
    return target.call('settle');
  }

  it('leaves nothing of a first installation', async () => {
    await (await onTrial(undefined, { trial: '' })).hangUp();
    expect(await settled({ run_id: 2, had_agent: 'yes' })).toMatchObject({ code: 0, facts: { settled: 'gone' } });
    expect(existsSync(bench.home())).toBe(false);
  });

  it('leaves nothing at all where the server knows no agent', async () => {
    await withAgent();
    expect(await settled({ run_id: 2, had_agent: 'no' })).toMatchObject({ code: 0, facts: { settled: 'gone' } });
    expect(bench.processes('opt/nodeman/agent')).toEqual([]);
  });

  it.each([{ trial: '' }, { trial: 600 }])('brings the agent of before back, trial or not (%o)', async (values) => {
    await withAgent();
    await (await onTrial(mute, values)).hangUp();
    expect(await settled({ run_id: 2, had_agent: 'yes' })).toMatchObject({ code: 0, facts: { settled: 'before' } });
    await expectOldOne();
  });

  it.each([
    ['none that this run made', false],
    ['one that was there before', true],
  ])('leaves of PROXY parts %s', async (_what, isBefore) => {
    await withAgent();
    const nginx = bench.home('plugins/nginx');
    if (isBefore) mkdirSync(nginx);
    await (await onTrial(mute, { trial: '' })).hangUp();
    mkdirSync(nginx, { recursive: true });
    expect(await settled({ run_id: 2, had_agent: 'yes' })).toMatchObject({ code: 0, facts: { settled: 'before' } });
    expect(existsSync(nginx)).toBe(isBefore);
  });

  it('leaves an agent alone that this run did not get to', async () => {
    await withAgent();
    mkdirSync(bench.home('versions/.new'));
    expect(await settled({ run_id: 2, had_agent: 'yes' })).toMatchObject({ code: 0, facts: { settled: 'before' } });
    expect(existsSync(bench.home('versions/.new'))).toBe(false);
    expect(bench.server.states()).not.toContain('stopping');
  });

  it('keeps the agent of this run once it has reported, since the token of before is worth nothing', async () => {
    await withAgent();
    const target = await onTrial((_path, text) => text, { trial: '' });
    await eventually(() => existsSync(bench.home('run/reported')));
    await target.hangUp();
    expect(await settled({ run_id: 2, had_agent: 'yes' })).toMatchObject({ code: 0, facts: { settled: 'stays' } });
    expect(current()).toBe('2.0.0');
  });
});

describe('an installation that is cut off', () => {
  it.each([
    ['another version', '2.0.0', 1],
    ['the same version', '1.1.0', 3],
  ])(
    'anywhere leaves a host on which the agent of before comes back: %s',
    async (_what, version, first) => {
      await withAgent();
      const { PATH, arm, isLeft } = deadlyPrograms(bench);
      let cuts = 0;
      for (let isDone = false; !isDone; cuts += 4) {
        const target = await bench.session(undefined, { PATH });
        await bench.offer(target, withVersion(version, mute));
        target.set({ run_id: 2 + cuts, token: NEW_TOKEN });
        await target.call('download');
        arm(target.pgid, cuts + first);
        target.write('call install');
        const isOver = () => target.process.signalCode !== null || target.log.includes('done install 0');
        await eventually(isOver, { timeoutMs: 20_000 });
        isDone = target.process.signalCode === null && isLeft();
        arm(0, Infinity);
        if (isDone) await target.stop();
        const next = await bench.session();
        next.set({ run_id: 2 + cuts, had_agent: 'yes' });
        const settled = await next.call('settle');
        expect([cuts, settled.fail, settled.facts.settled]).toEqual([cuts, '', 'before']);
        expect([cuts, current(), readdirSync(bench.home('versions'))]).toEqual([cuts, '1.1.0', ['1.1.0']]);
        expect(bench.text('etc/agent.conf')).toContain(`token=${TOKEN}\n`);
        expect(await next.call('verify')).toMatchObject({ code: 0 });
        expect(await next.stop()).toBe(0);
      }
      expect(cuts).toBeGreaterThan(15);
      await expectOldOne();
    },
    120_000,
  );
});
