import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { onBench } from '../support/on-bench.js';
import { ARCH, COMMANDS, DASH, TOKEN, withShebang, withVersion, type Edit } from '../support/target-bench.js';
import { groupMembers, processesWith, TargetServer } from '../support/target-shell.js';

const SHELLS = [
  { shell: ['dash'], shebang: '#!/usr/bin/dash' },
  { shell: ['bash'], shebang: '#!/usr/bin/bash' },
  { shell: ['busybox', 'ash'], shebang: '#!/usr/bin/busybox ash' },
  { shell: ['ksh'], shebang: '#!/usr/bin/ksh' },
];

/** Several run at once, each on a bench of its own. */
jest.setTimeout(60_000);

describe('a session', () => {
  it.concurrent.each(SHELLS)(
    'installs, installs again, says goodbye and leaves nothing, under $shell',
    onBench(async (bench, { shell, shebang }) => {
      const target = await bench.session(shell);
      const { facts } = await target.call('facts');
      expect(facts).toMatchObject({ arch: ARCH, os: 'linux', init: 'none', downloader: 'curl', agent: 'none' });
      expect(await target.call('deps')).toMatchObject({ code: 0 });

      await bench.installed(target, withShebang(shebang));
      expect(statSync(bench.home('etc/agent.conf')).mode & 0o777).toBe(0o600);
      expect(bench.text('etc/agent.conf')).toContain(`token=${TOKEN}\n`);
      expect((await target.call('verify')).text).toContain('agent 1.1.0 runs');

      bench.server.reports.length = 0;
      expect((await target.call('download')).text).toContain('is here already');
      expect((await target.call('install')).text).toContain('setup done');
      await eventually(() => bench.server.reports.length > 0);
      expect(bench.server.downloads).toHaveLength(1);
      expect(bench.server.states()).not.toContain('stopping');
      expect(readdirSync(bench.home('versions'))).toEqual(['1.1.0']);

      expect(await target.call('uninstall')).toMatchObject({ code: 0 });
      expect(bench.server.states().at(-1)).toBe('stopping');
      expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
      expect(await target.stop()).toBe(0);
      expect(readdirSync(join(bench.root, 'opt'))).toEqual([]);
      expect(bench.processes()).toEqual([]);
    }),
  );

  it.concurrent.each(SHELLS)(
    'kills a download on stop, and proves it, under $shell',
    onBench(async (bench, { shell }) => {
      const target = await bench.session(shell);
      await bench.offer(target);
      bench.server.stalls = true;
      target.write('call download');
      await eventually(() => bench.server.downloads.length > 0);
      expect(groupMembers(target.pgid).length).toBeGreaterThan(1);
      expect(await target.stop()).toBe(0);
      expect(groupMembers(target.pgid)).toEqual([]);
      expect(existsSync(join(bench.root, 'opt/nodeman/run/lock'))).toBe(false);
    }),
  );

  it.concurrent.each(SHELLS)(
    'kills all of the session when its stdin ends, under $shell',
    onBench(async (bench, { shell }) => {
      const target = await bench.session(shell);
      await bench.offer(target);
      bench.server.stalls = true;
      target.write('call download');
      await eventually(() => bench.server.downloads.length > 0);
      expect((await target.hangUp()).signal).toBe('SIGKILL');
      expect(groupMembers(target.pgid)).toEqual([]);
      expect(existsSync(join(bench.root, 'opt/nodeman/run/lock'))).toBe(false);
    }),
  );

  it.concurrent.each(SHELLS)(
    'takes the lock over from an earlier session, and ends that, under $shell',
    onBench(async (bench, { shell }) => {
      const first = await bench.session(shell);
      await bench.offer(first);
      bench.server.stalls = true;
      first.write('call download');
      await eventually(() => bench.server.downloads.length > 0);
      const second = await bench.session(shell);
      expect(await second.call('facts')).toMatchObject({ code: 0 });
      expect(groupMembers(first.pgid)).not.toEqual([]);
      second.write('call verify');
      expect((await first.end()).signal).toBe('SIGKILL');
      expect(groupMembers(first.pgid)).toEqual([]);
      expect(second.log).toContain('an earlier session');
      bench.server.stalls = false;
      await bench.installed(second);
    }),
  );
});

it(
  'makes the folder of the lock again when a session that leaves has just taken it along',
  onBench(async (bench) => {
    const bin = mkdtempSync(join(bench.base, 'bin-'));
    const once = 'rmdir "$NODEMAN_ROOT/opt/nodeman/run" 2>/dev/null && : >"${0%/*}/done"';
    writeFileSync(join(bin, 'ln'), `#!/bin/sh\n[ -e "\${0%/*}/done" ] || { ${once}; }\nexec /usr/bin/ln "$@"\n`, {
      mode: 0o755,
    });
    const target = await bench.session(undefined, { PATH: `${bin}:${process.env.PATH}` });
    expect(await target.call('uninstall')).toMatchObject({ code: 0, fail: '' });
    expect(existsSync(join(bin, 'done'))).toBe(true);
  }),
);

describe('words', () => {
  it.concurrent(
    'are the last lines of the log of the agent, where there is one',
    onBench(async (bench) => {
      const target = await bench.session();
      expect(await target.call('words')).toMatchObject({
        code: 0,
        text: expect.stringContaining('no agent is installed'),
      });
      await bench.installed(target);
      const { code, text } = await target.call('words');
      expect([code, text]).toEqual([0, expect.stringMatching(/supervisor started, process \d+/)]);
      expect(text.split('\n').length).toBeLessThanOrEqual(22);
    }),
  );
});

describe('download', () => {
  it.concurrent(
    'goes on to the next server after a wrong checksum, a 404 and a refusal',
    onBench(async (bench) => {
      const target = await bench.session();
      const agent = await bench.offer(target);
      const wrong = await TargetServer.start();
      wrong.files.set(agent.file, Buffer.from('something else'));
      const empty = await TargetServer.start();
      target.set({ servers: `${wrong.address} ${empty.address} 127.0.0.1:1 ${bench.server.address}` });
      const result = await target.call('download');
      expect(result.code).toBe(0);
      expect(result.text).toMatch(/wrong checksum: SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/);
      expect(result.text).toContain(`${empty.address}: the server answered HTTP 404`);
      expect(result.text).toMatch(/127\.0\.0\.1:1: .*refused.*curl exit code 7/);
      await Promise.all([wrong.close(), empty.close()]);
    }),
  );

  it.concurrent.each([
    ['curl', 'curl', undefined],
    ['wget', 'wget', undefined],
    ['busybox-wget', 'wget', () => '/usr/bin/busybox'],
  ])(
    'names the cause for each server when none has the package, with %s',
    onBench(async (bench, downloader, command, from) => {
      const PATH = bench.toolbox(COMMANDS);
      cpSync(bench.toolbox(command, from), PATH, { recursive: true, verbatimSymlinks: true });
      const target = await bench.session(DASH, { PATH, http_proxy: 'http://127.0.0.1:9', no_proxy: '' });
      await bench.offer(target);
      bench.server.files.clear();
      target.set({ servers: `127.0.0.1:1 ${bench.server.address}` });
      expect((await target.call('facts')).facts.downloader).toBe(downloader);
      const { code, fail, text: log } = await target.call('download');
      expect(code).toBe(1);
      expect(fail).toMatch(/^CURL_FILE_FAILED no server gave nodeman-agent-.*127\.0\.0\.1:1: .*refused/);
      expect(fail).toContain(`${bench.server.address}: the server answered HTTP 404`);
      expect(log).toContain('a proxy is set in the environment; it is not used');
    }),
  );

  it.concurrent(
    'refuses values that are missing or dangerous',
    onBench(async (bench) => {
      const target = await bench.session();
      await bench.offer(target);
      target.set({ package_file: '../../etc/passwd' });
      expect(await target.call('download')).toMatchObject({
        code: 64,
        fail: expect.stringContaining("'package_file'"),
      });
      target.set({ package_file: 'a.tgz', servers: '127.0.0.1:80 $(id):80' });
      expect(await target.call('download')).toMatchObject({ code: 64, fail: expect.stringContaining("'servers'") });
      target.set({ servers: '[::1]:80 host.example:99999' });
      expect(await target.call('download')).toMatchObject({ code: 64 });
      expect(await target.call('nothing')).toMatchObject({
        code: 64,
        fail: expect.stringContaining("no call 'nothing'"),
      });
    }),
  );
});

describe('deps', () => {
  it.concurrent(
    'names the commands that are missing',
    onBench(async (bench) => {
      const PATH = bench.toolbox(COMMANDS.replace(' tar ', ' '));
      const target = await bench.session(DASH, { PATH });
      expect(await target.call('deps')).toMatchObject({
        code: 1,
        fail: expect.stringMatching(/^COMMAND_NOT_FOUND this host lacks tar curl/),
      });
      expect((await target.call('facts')).facts.downloader).toBe('none');
    }),
  );
});

describe('install', () => {
  it.concurrent.each<[string, Edit, RegExp]>([
    ['a manifest without stop', (p, t) => (p === 'manifest' ? t.replace(/^stop=.*\n/m, '') : t), /has no 'stop'/],
    ['another architecture', (p, t) => (p === 'manifest' ? t.replace(/^arch=.*$/m, 'arch=mips') : t), /arch is 'mips'/],
    ['a path out', (p, t) => (p === 'manifest' ? t.replace('bin/stop', '../../x') : t), /'stop' is no plain path/],
    ['a missing program', (p, t) => (p === 'manifest' ? t.replace('bin/stop', 'bin/none') : t), /names bin\/none/],
  ])(
    'refuses a package with %s, and nothing has changed',
    onBench(async (bench, _what, edit, why) => {
      const target = await bench.session();
      await bench.offer(target, edit);
      await target.call('download');
      const { code, fail, text: log } = await target.call('install');
      expect(code).toBe(1);
      expect(fail).toMatch(/^INSTALL_FAILED /);
      expect(fail).toMatch(why);
      expect(log).toContain('setup failed: ');
      expect(existsSync(bench.home('current'))).toBe(false);
      expect(await target.call('verify')).toMatchObject({ code: 1, fail: 'INSTALL_FAILED no agent is installed here' });
    }),
  );

  it.concurrent(
    'goes back to the version before when the new one does not come up',
    onBench(async (bench) => {
      const target = await bench.session();
      await bench.installed(target);
      const before = bench.text('etc/agent.conf');
      await bench.offer(target, (path, source) =>
        path === 'bin/start' ? '#!/bin/sh\necho the new one is broken\nexit 9\n' : withVersion('2.0.0')(path, source),
      );
      target.set({ run_id: 2, token: 'another' });
      await target.call('download');
      expect(await target.call('install')).toMatchObject({
        code: 1,
        fail: expect.stringMatching(/start ended with code 9: the new one is broken; went back to 1\.1\.0/),
      });
      expect(readdirSync(bench.home('versions'))).toEqual(['1.1.0']);
      expect(bench.text('etc/agent.conf')).toBe(before);
      target.set({ package_version: '1.1.0' });
      expect(await target.call('verify')).toMatchObject({ code: 0 });
    }),
  );

  it.concurrent(
    'upgrades, keeps the version before, and mends what a killed attempt left',
    onBench(async (bench) => {
      const target = await bench.session();
      await bench.installed(target);
      mkdirSync(bench.home('versions/.new'), { recursive: true });
      mkdirSync(bench.home('versions/0.0.1'));
      await bench.offer(target, withVersion('2.0.0'));
      target.set({ run_id: 2 });
      await target.call('download');
      expect(await target.call('install')).toMatchObject({ code: 0 });
      await eventually(() => bench.server.reports.some((report) => report.version === '2.0.0'));
      expect(readdirSync(bench.home('versions')).sort()).toEqual(['1.1.0', '2.0.0']);
    }),
  );

  it(
    'never shows the token',
    onBench(async (bench) => {
      const target = await bench.session();
      const seen = new Set<number>();
      const look = () => processesWith(TOKEN, ['cmdline', 'environ']).forEach((pid) => seen.add(pid));
      const timer = setInterval(look, 4);
      await bench.installed(target);
      await eventually(() => bench.server.reports.length > 1);
      await target.call('uninstall');
      clearInterval(timer);
      expect([...seen]).toEqual([]);
      expect(target.log).not.toContain(TOKEN);
    }),
  );
});

describe('the session', () => {
  it.concurrent(
    'makes a group of its own where it was not given one',
    onBench(async (bench) => {
      const target = await bench.session(DASH, {}, { detached: false });
      expect(target.pgid).toBe(target.pid);
      expect(groupMembers(target.pgid)).toEqual([target.pid]);
      await bench.installed(target);
      expect(await target.stop()).toBe(0);
      expect(processesWith(bench.home('versions')).length).toBeGreaterThan(0);
    }),
  );
});
