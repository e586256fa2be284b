import { existsSync, readdirSync } from 'node:fs';
import { jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { onBench } from '../support/on-bench.js';
import { asIs, kill, withShebang, withVersion } from '../support/target-bench.js';
import { current, expectOldOne, mute, NEW_TOKEN, onTrial, watchdogs, withAgent } from '../support/trials.js';

const SHELLS = [
  { shell: ['dash'], shebang: '#!/usr/bin/dash' },
  { shell: ['bash'], shebang: '#!/usr/bin/bash' },
  { shell: ['busybox', 'ash'], shebang: '#!/usr/bin/busybox ash' },
  { shell: ['ksh'], shebang: '#!/usr/bin/ksh' },
];

/** Most of the time they wait: several do so at once, each on a bench of its own. */
jest.setTimeout(60_000);

describe('a version that does not report', () => {
  it.concurrent.each(SHELLS)(
    'goes back when told to, and to nothing but what was there, under $shell',
    onBench(async (bench, { shell, shebang }) => {
      bench.server.answer = { interval: 1, servers: [bench.server.address] };
      await withAgent(bench, withShebang(shebang));
      await eventually(() => existsSync(bench.home('run/learned')));
      const learned = bench.text('run/learned');
      const target = await onTrial(bench, mute, {}, shell);
      expect(current(bench)).toBe('2.0.0');
      expect(watchdogs(bench)).toHaveLength(1);
      const { code, text } = await target.call('back');
      expect(code).toBe(0);
      expect(text).toContain('went back to 1.1.0');
      await expectOldOne(bench);
      expect(bench.text('run/learned')).toBe(learned);
      expect(await target.call('back')).toMatchObject({
        code: 0,
        text: expect.stringContaining('went back to 1.1.0 before'),
      });
      expect(await target.call('keep')).toMatchObject({ code: 1, fail: expect.stringContaining('went back to 1.1.0') });
    }),
  );

  it.concurrent.each(SHELLS)(
    'goes back by itself, whatever became of the session, under $shell',
    onBench(async (bench, { shell, shebang }) => {
      await withAgent(bench, withShebang(shebang));
      const target = await onTrial(bench, mute, { trial: 2 }, shell);
      await target.hangUp();
      await eventually(() => current(bench) === '1.1.0');
      await eventually(() => !existsSync(bench.home('before')));
      await expectOldOne(bench);
      expect(bench.text('log/agent.log')).toContain('the trial of 2.0.0 is over without a report; went back to 1.1.0');
      expect(existsSync(`${bench.root}/opt/nodeman/run/lock`)).toBe(false);
    }),
  );
});

describe('a version on trial', () => {
  it.concurrent(
    'stays when it is kept',
    onBench(async (bench) => {
      await withAgent(bench);
      const target = await onTrial(bench, asIs);
      expect(await target.call('keep')).toMatchObject({ code: 0, text: expect.stringContaining('kept 2.0.0') });
      expect(await target.call('keep')).toMatchObject({ code: 0, text: expect.stringContaining('kept 2.0.0') });
      expect(watchdogs(bench)).toEqual([]);
      expect(readdirSync(bench.home('versions'))).toEqual(['2.0.0']);
      expect(existsSync(bench.home('before'))).toBe(false);
      expect(await target.call('back')).toMatchObject({ code: 1, fail: expect.stringContaining('2.0.0 is final') });
    }),
  );

  it.concurrent(
    'stays by itself once it has reported',
    onBench(async (bench) => {
      await withAgent(bench);
      const target = await onTrial(bench, asIs, { trial: 4 });
      await eventually(() => existsSync(bench.home('run/reported')));
      expect(await target.stop()).toBe(0);
      await eventually(() => !existsSync(bench.home('before')));
      expect(current(bench)).toBe('2.0.0');
      const says = 'the trial of 2.0.0 is over; it has reported, and stays';
      await eventually(() => bench.text('log/agent.log').includes(says));
    }),
  );

  it.concurrent(
    'cannot be undone once it has reported',
    onBench(async (bench) => {
      await withAgent(bench);
      const target = await onTrial(bench, asIs);
      await eventually(() => existsSync(bench.home('run/reported')));
      expect(await target.call('back')).toMatchObject({
        code: 1,
        fail: expect.stringContaining('has reported meanwhile'),
      });
      expect(current(bench)).toBe('2.0.0');
      expect(await target.call('keep')).toMatchObject({ code: 0 });
    }),
  );

  it.concurrent(
    'may have the number of the one before',
    onBench(async (bench) => {
      await withAgent(bench);
      const target = await bench.session();
      await bench.offer(target, mute);
      target.set({ run_id: 2, token: NEW_TOKEN, trial: 600 });
      await target.call('download');
      expect(await target.call('install')).toMatchObject({ code: 0 });
      expect(bench.text('current/bin/agent')).toContain('sleep 999');
      expect(await target.call('back')).toMatchObject({ code: 0, text: expect.stringContaining('went back to 1.1.0') });
      await expectOldOne(bench);
    }),
  );

  it.concurrent(
    'is taken away where nothing was before',
    onBench(async (bench) => {
      const target = await onTrial(bench);
      expect(await target.call('back')).toMatchObject({
        code: 0,
        text: expect.stringContaining('nothing was here before'),
      });
      expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
      await target.stop();
      await onTrial(bench, mute, { trial: 1 }).then((again) => again.hangUp());
      await eventually(() => !existsSync(bench.home()));
      await eventually(() => bench.processes().length === 0);
    }),
  );

  it.concurrent(
    'gives way to the next installation, which goes back to the one before the trial',
    onBench(async (bench) => {
      await withAgent(bench);
      await (await onTrial(bench)).hangUp();
      const target = await bench.session();
      await bench.offer(target, withVersion('3.0.0', mute));
      target.set({ run_id: 3, token: NEW_TOKEN, trial: 600 });
      await target.call('download');
      const { code, text } = await target.call('install');
      expect(code).toBe(0);
      expect(text).toContain('an installation of version 2.0.0 was not finished\nwent back to 1.1.0');
      expect(watchdogs(bench)).toHaveLength(1);
      expect(await target.call('back')).toMatchObject({ code: 0, text: expect.stringContaining('went back to 1.1.0') });
      await expectOldOne(bench);
    }),
  );

  it.concurrent(
    'is watched again after a reboot',
    onBench(async (bench) => {
      await withAgent(bench);
      await (await onTrial(bench, mute, { trial: 2 })).stop();
      bench.processes().forEach(kill);
      await eventually(() => bench.processes().length === 0);
      const boot = await bench.session([
        '/usr/bin/dash',
        '-c',
        `${bench.home('current/bin/start')}; exec dash "$@"`,
        'boot',
      ]);
      await boot.stop();
      await eventually(() => current(bench) === '1.1.0');
      await eventually(() => !existsSync(bench.home('before')));
      await expectOldOne(bench);
    }),
  );

  it.concurrent(
    'lets a session that works finish first',
    onBench(async (bench) => {
      await withAgent(bench);
      const target = await onTrial(bench, mute, { trial: 1 });
      bench.server.files.clear();
      bench.server.stalls = true;
      bench.server.files.set('slow.tgz', Buffer.alloc(1000));
      target.set({ package_file: 'slow.tgz' });
      target.write('call download');
      await eventually(() => bench.server.downloads.includes('slow.tgz'));
      await eventually(() => bench.text('log/trial.log').includes(`a session (process ${target.pid}) is on this host`));
      expect(current(bench)).toBe('2.0.0');
      await target.stop();
      await eventually(() => current(bench) === '1.1.0');
    }),
  );
});
