import { cpSync, existsSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signCommand } from '../../src/agents/command-signature.js';
import { eventually } from '../support/eventually.js';
import { COMMANDS, TargetBench, TOKEN, withShebang, withVersion, type Edit } from '../support/target-bench.js';
import { groupMembers, type TargetShell } from '../support/target-shell.js';

const readText = (path: string) => readFileSync(path, 'utf8');
let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
});

afterEach(() => bench.close());

/** Puts a program of a few lines into a folder of PATH. */
function program(bin: string, name: string, body: string): void {
  rmSync(join(bin, name), { force: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

describe('as root on a host of its own', () => {
  it.each([
    ['full', 'mount -t tmpfs -o size=48k tmpfs /opt', 'install', /no space left on device/],
    ['read-only', 'mount -t tmpfs -o ro tmpfs /opt', 'download', /Read-only file system/],
    ['noexec', 'mount -t tmpfs -o noexec tmpfs /opt', 'install', /mounted noexec/],
  ])('says that the file system is %s', async (_what, prepare, failing, why) => {
    const target = await bench.host(prepare);
    await bench.offer(target);
    const download = await target.call('download');
    const result = failing === 'download' ? download : await target.call('install');
    expect(result.code).toBe(1);
    expect(result.fail).toMatch(why);
    expect(await target.stop()).toBe(0);
  });

  it('starts at boot by cron, and takes only its own line away', async () => {
    const bin = bench.toolbox('true');
    const table = join(bench.base, 'crontab');
    writeFileSync(table, '# mine\n\n5 4 * * * backup\n');
    writeFileSync(
      join(bin, 'crontab'),
      `#!/bin/sh\ncase $1 in -l) cat ${table};; -r) rm ${table};; *) cat "$1" >${table};; esac\n`,
      { mode: 0o755 },
    );
    const target = await bench.host('mount -t tmpfs tmpfs /opt; mkdir /opt/other', bin);
    await bench.installed(target);
    expect(readText(table)).toBe(
      '# mine\n\n5 4 * * * backup\n@reboot NODEMAN_AGENT_HOME=/opt/nodeman/agent /opt/nodeman/agent/current/bin/start # nodeman-agent\n',
    );
    await target.call('uninstall');
    expect(readText(table)).toBe('# mine\n\n5 4 * * * backup\n');
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });

  /** With a stand-in for systemd as PID 1; `calls` is what systemctl and systemd-run were called with. */
  async function systemdHost(then = ''): Promise<{ target: TargetShell; calls: () => string[] }> {
    const bin = bench.toolbox('true');
    cpSync('/usr/bin/dash', join(bin, 'systemd'));
    const log = join(bench.base, 'systemctl.log');
    const unit = '/etc/systemd/system/nodeman-agent.service';
    const start = `start) eval "$(sed -n 's/^ExecStart=/exec setsid /p' ${unit})";;`;
    const stop = `stop) eval "$(sed -n 's/^ExecStop=//p' ${unit})";;`;
    program(bin, 'systemctl', `echo "$*" >>${log}\ncase $1 in\n${start}\n${stop}\nesac`);
    const option = '--setenv=*) export "${1#--setenv=}"; shift;;';
    program(
      bin,
      'systemd-run',
      `echo "systemd-run $*" >>${log}\nwhile :; do case $1 in ${option} -*) shift;; *) break;; esac; done\nsetsid "$@" &`,
    );
    const prepare = [
      ...['/opt', '/run', '/etc/systemd'].map((dir) => `mkdir -p ${dir}; mount -t tmpfs tmpfs ${dir}`),
      `mkdir -p /run/systemd/system /etc/systemd/system${then}`,
    ].join('; ');
    const target = await bench.host(prepare, bin, join(bin, 'systemd'));
    expect((await target.call('facts')).facts.init).toBe('systemd');
    return { target, calls: () => readText(log).split('\n') };
  }

  it('is a systemd unit where systemd is PID 1', async () => {
    const { target, calls } = await systemdHost();
    await bench.installed(target);
    expect(await target.call('verify')).toMatchObject({ code: 0 });
    await target.call('uninstall');
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(bench.server.states().at(-1)).toBe('stopping');
    expect(calls()).toEqual(
      expect.arrayContaining(['daemon-reload', '-q enable nodeman-agent.service', 'start nodeman-agent.service']),
    );
  });

  it('takes itself off outside of its systemd unit, which is stopped by that', async () => {
    // The host lives on when the session is ended, whose lock is taken over.
    const { target, calls } = await systemdHost('; dash "$@"; exec sleep 60');
    const cgroup = join(bench.base, 'cgroup');
    writeFileSync(cgroup, '0::/system.slice/nodeman-agent.service\n');
    const key = 'k'.repeat(43);
    bench.server.answer = { interval: 1, servers: [] };
    target.set({ command_key: key });
    await bench.installed(target, (_path, text) => text.replaceAll('/proc/self/cgroup', cgroup));
    const told = { id: 9, op: 'uninstall', nonce: 'a'.repeat(32) } as const;
    const signature = signCommand(key, { op: told.op, hostId: 7, runId: told.id, nonce: told.nonce });
    bench.server.answer = { interval: 1, servers: [], command: { ...told, signature } };
    await eventually(() => bench.server.reports.some((report) => report.command_result?.text === 'nothing is left'));
    expect(calls().find((call) => call.startsWith('systemd-run'))).toMatch(
      /--unit=nodeman-task-\S+ .*--setenv=NODEMAN_AGENT_HOME=\/opt\/nodeman\/agent .*run\/leave\/bin\/leave 9 a{32}$/,
    );
    target.process.kill('SIGKILL');
  });

  it('has the package manager bring what lacks', async () => {
    const bin = bench.toolbox(COMMANDS.replace('tar ', ''));
    symlinkSync('/usr/bin/curl', join(bin, 'curl'));
    // The script looks in the system's folders too; here they hold nothing else.
    const hide = 'mount --bind "$BIN" /usr/bin; mount --bind "$BIN" /usr/sbin; mount -t tmpfs tmpfs /usr/local';
    writeFileSync(join(bin, 'apk'), '#!/bin/sh\necho "$*" >>/opt/apk\nexit 3\n', { mode: 0o755 });
    for (const name of ['dash', 'busybox', 'curl']) rmSync(join(bin, name), { force: true });
    for (const name of readdirSync(bin)) {
      if (name === 'apk') continue;
      rmSync(join(bin, name));
      cpSync(`/usr/bin/${name}`, join(bin, name), { dereference: true });
    }
    cpSync('/usr/bin/dash', join(bin, 'dash'));
    const target = await bench.host(`mount -t tmpfs tmpfs /opt; BIN=${bin}; ${hide}`, bin);
    expect(await target.call('deps')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(
        /^COMMAND_NOT_FOUND this host lacks tar curl and apk could not bring it \(exit code 3\)/,
      ),
    });
  });
});

/** A host that says of itself what Cygwin says; everything else is this machine's. A real Windows was not at hand. */
describe('under Cygwin', () => {
  const uname = 'case $1 in -m) echo x86_64;; -n) echo winhost;; *) echo CYGWIN_NT-10.0-19045;; esac';
  const service = '/opt/nodeman/agent/etc/service';
  let bin: string;
  let calls: string;

  beforeEach(() => {
    bin = bench.toolbox('true');
    calls = join(bench.base, 'cygrunsrv.log');
    program(bin, 'uname', uname);
    program(bin, 'id', 'case $1 in -u) echo 197108;; -un) echo Administrator;; *) exec /usr/bin/id "$@";; esac');
  });

  it('is a Windows service of the account that logged in', async () => {
    const there = join(bench.base, 'service');
    const cases = `-Q) [ -e ${there} ];; -I) cat ${service} >${there};; -R) rm ${there};; esac`;
    program(bin, 'cygrunsrv', `echo "$*" >>${calls}; case $1 in ${cases}`);
    const target = await bench.host('mount -t tmpfs tmpfs /opt', bin);
    expect((await target.call('facts')).facts).toMatchObject({ os: 'cygwin', arch: 'x86_64', uid: '197108' });
    await bench.installed(target, undefined, 'cygwin');
    expect(await target.call('verify')).toMatchObject({ code: 0 });
    expect(readText(calls)).toContain(`-I nodeman-agent -d nodeman agent -p /bin/sh -a ${service} -t auto\n`);
    expect(readText(there)).toContain('/opt/nodeman/agent/current/bin/start || exit\n');
    await target.call('install');
    expect(readText(calls).match(/-I/g)).toHaveLength(1);
    await target.call('uninstall');
    expect(readText(calls)).toMatch(/-E nodeman-agent\n-R nodeman-agent\n/);
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(existsSync(there)).toBe(false);
  });

  it('says when nothing starts it after a reboot, and removes what Windows still has', async () => {
    const target = await bench.host('mount -t tmpfs tmpfs /opt', bin);
    await bench.offer(target, undefined, 'cygwin');
    await target.call('download');
    expect((await target.call('install')).text).toContain('nothing starts the agent after a reboot of this host');
  });

  it('names the packages that its own installer must bring', async () => {
    const PATH = bench.toolbox(COMMANDS.replace(' tar ', ' ').replace(' cp ', ' ').replace(' id ', ' '));
    for (const name of ['uname', 'id']) cpSync(join(bin, name), join(PATH, name), { force: true, dereference: true });
    const target = await bench.session(undefined, { PATH });
    expect(await target.call('deps')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(
        /^COMMAND_NOT_FOUND .*lacks cp tar curl, .*setup-x86_64\.exe -q -P coreutils,tar,curl/,
      ),
    });
  });
});

/** A host with what AIX has, as far as that can be hidden here: ksh, ps instead of /proc, tools without GNU's options. No AIX was at hand. */
describe('with the tools of AIX', () => {
  const KSH = ['/usr/bin/ksh'];
  const withoutProc = (text: string) => text.replaceAll('/proc/', '/none/');
  const forAix: Edit = (path, text) => withShebang('#!/usr/bin/ksh')(path, withoutProc(text));
  const mute: Edit = (path, text) => (path === 'bin/agent' ? '#!/usr/bin/ksh\nexec sleep 999\n' : forAix(path, text));
  let PATH: string;

  beforeEach(() => {
    PATH = bench.toolbox(`${COMMANDS.replace(/ (setsid|readlink|timeout|sh)(?= )/g, '')} curl ps openssl`);
    rmSync(join(PATH, 'sha256sum'));
    symlinkSync('/usr/bin/ksh', join(PATH, 'sh'));
    program(PATH, 'uname', 'case $1 in -m) echo 00F84C7E4C00;; -n) echo aixhost;; *) echo AIX;; esac');
    program(PATH, 'mv', 'case $1 in -*T*) echo "mv: illegal option -- T" >&2; exit 1;; esac; exec /usr/bin/mv "$@"');
    program(PATH, 'tar', 'case $1 in *z*) echo "tar: illegal option -- z" >&2; exit 1;; esac; exec /usr/bin/tar "$@"');
    program(PATH, 'date', 'case $1 in *%s*) echo s;; *) exec /usr/bin/date "$@";; esac');
    program(PATH, 'sleep', 'case $1 in *.*) echo "sleep: bad" >&2; exit 2;; esac; exec /usr/bin/sleep "$@"');
  });

  async function aix(): Promise<TargetShell> {
    return bench.session(KSH, { PATH }, { edit: withoutProc });
  }

  it('installs, reports, keeps itself alive, and leaves nothing', async () => {
    const target = await aix();
    expect((await target.call('facts')).facts).toMatchObject({ os: 'aix', arch: 'ppc', init: 'none' });
    expect(await target.call('deps')).toMatchObject({ code: 0 });
    await bench.installed(target, forAix, 'aix');
    expect(await target.call('verify')).toMatchObject({ code: 0, text: expect.stringContaining('agent 1.1.0 runs') });
    const loop = Number(bench.text('run/loop.pid'));
    process.kill(loop, 'SIGKILL');
    await eventually(() => Number(bench.text('run/loop.pid')) !== loop);
    expect(await target.stop()).toBe(0);
    const count = bench.server.reports.length;
    await eventually(() => bench.server.reports.length > count);
    const second = await aix();
    expect(await second.call('uninstall')).toMatchObject({ code: 0 });
    expect(bench.server.states().at(-1)).toBe('stopping');
    expect(await second.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(bench.processes('opt/nodeman/agent')).toEqual([]);
  });

  it('kills a download, by stop and by another session', async () => {
    const first = await aix();
    await bench.offer(first, forAix, 'aix');
    bench.server.stalls = true;
    first.write('call download');
    await eventually(() => bench.server.downloads.length > 0);
    const second = await aix();
    await bench.offer(second, forAix, 'aix');
    second.write('call download');
    expect((await first.end()).signal).toBe('SIGKILL');
    await eventually(() => bench.server.downloads.length > 1);
    expect(groupMembers(first.pgid)).toEqual([]);
    expect(await second.stop()).toBe(0);
    expect(groupMembers(second.pgid)).toEqual([]);
  });

  it('goes back by itself from a version that does not report', async () => {
    const first = await aix();
    await bench.installed(first, forAix, 'aix');
    await bench.offer(first, withVersion('2.0.0', mute), 'aix');
    first.set({ run_id: 2, token: '7.another', trial: 3 });
    await first.call('download');
    expect(await first.call('install')).toMatchObject({ code: 0, fail: '' });
    await first.hangUp();
    await eventually(() => bench.text('etc/agent.conf').includes(TOKEN), { timeoutMs: 20_000 });
    await eventually(() => !existsSync(bench.home('before')));
    expect(readdirSync(bench.home('versions'))).toEqual(['1.1.0']);
  });

  it('starts at boot by inittab', async () => {
    const table = join(bench.base, 'inittab');
    const bin = bench.toolbox('true');
    program(bin, 'uname', 'echo AIX');
    program(bin, 'lsitab', `grep "^$1:" ${table}`);
    program(bin, 'mkitab', `echo "$1" >>${table}`);
    program(bin, 'rmitab', `grep -v "^$1:" ${table} >${table}.new; mv ${table}.new ${table}`);
    writeFileSync(table, 'init:2:initdefault:\n');
    const target = await bench.host('mount -t tmpfs tmpfs /opt', bin);
    await bench.installed(target, undefined, 'aix');
    expect(readText(table)).toBe(
      'init:2:initdefault:\nnodeman:2:once:/usr/bin/env NODEMAN_AGENT_HOME=/opt/nodeman/agent /opt/nodeman/agent/current/bin/start >/dev/null 2>&1\n',
    );
    await target.call('uninstall');
    expect(readText(table)).toBe('init:2:initdefault:\n');
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });
});
