import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAgent } from '../../scripts/build-agent-package.mjs';
import { agentBootstrap, agentScript } from '../../scripts/build-agent-script.mjs';
import { eventually } from '../support/eventually.js';
import { groupMembers, processesWith, sha256, TargetServer, TargetShell } from '../support/target-shell.js';

const ARCH = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const TOKEN = '7.tOkEn-nObOdY-mAy-SeE';
const DASH = ['/usr/bin/dash'];
const SHELLS = [
  { shell: ['dash'], shebang: '#!/usr/bin/dash' },
  { shell: ['bash'], shebang: '#!/usr/bin/bash' },
  { shell: ['busybox', 'ash'], shebang: '#!/usr/bin/busybox ash' },
  { shell: ['ksh'], shebang: '#!/usr/bin/ksh' },
];
/** What the script and the agent call, downloaders apart. */
const COMMANDS =
  'cat chmod cp date dd df env grep gzip head id ln mkdir mv readlink rm rmdir setsid sha256sum sh sleep tail tar timeout tr true uname wc';

type Edit = (path: string, text: string) => string;
const asIs: Edit = (_path, text) => text;
const withVersion =
  (version: string): Edit =>
  (path, text) =>
    path === 'manifest' ? text.replace(/^version=.*$/m, `version=${version}`) : text;

let server: TargetServer;
let base: string;
let root: string;
let open: TargetShell[];

beforeEach(async () => {
  server = await TargetServer.start();
  base = mkdtempSync(join(tmpdir(), 'nodeman-target-'));
  root = join(base, 'root');
  mkdirSync(root);
  open = [];
});

afterEach(async () => {
  for (const shell of open) if (shell.process.exitCode === null) await shell.hangUp();
  await eventually(() => {
    const left = processesWith(`${root}/`);
    left.forEach(kill);
    return left.length === 0;
  });
  await server.close();
  rmSync(base, { recursive: true, force: true });
});

/** One that is gone already needs no killing. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const home = (path = '') => join(root, 'opt/nodeman/agent', path);
const text = (path: string) => readFileSync(path, 'utf8');

async function session(argv: string[] = DASH, env: NodeJS.ProcessEnv = {}, options?: { detached: boolean }) {
  const shell = await TargetShell.open(argv, { PATH: process.env.PATH, NODEMAN_ROOT: root, ...env }, options);
  open.push(shell);
  return shell;
}

/** Puts the package on the server and tells the session about it. */
async function offer(shell: TargetShell, edit: Edit = asIs): Promise<{ file: string; bytes: Buffer }> {
  const agent = await packAgent(ARCH, edit);
  server.files.set(agent.file, agent.bytes);
  shell.set({
    run_id: 1,
    host_id: 7,
    token: TOKEN,
    servers: server.address,
    interval: 3600,
    package_file: agent.file,
    package_name: 'nodeman-agent',
    package_version: /agent-([^-]+)-/.exec(agent.file)?.[1] ?? '',
    package_sha256: sha256(agent.bytes),
  });
  return agent;
}

/** Downloads, installs, and waits for the first report. */
async function installed(shell: TargetShell, edit: Edit = asIs): Promise<void> {
  await offer(shell, edit);
  expect(await shell.call('download')).toMatchObject({ code: 0 });
  expect(await shell.call('install')).toMatchObject({ code: 0, fail: '' });
  await eventually(() => server.reports.length > 0);
}

/** A folder with nothing but the named commands, for PATH. */
function toolbox(commands: string, from = (name: string) => `/usr/bin/${name}`): string {
  const dir = mkdtempSync(join(base, 'bin-'));
  for (const name of commands.split(' ')) {
    const target = [from(name), `/bin/${name}`].find((path) => existsSync(path));
    if (target !== undefined) symlinkSync(target, join(dir, name));
  }
  return dir;
}

describe.each(SHELLS)('under $shell', ({ shell, shebang }) => {
  it('installs, installs again, says goodbye and leaves nothing', async () => {
    const target = await session(shell);
    const { facts } = await target.call('facts');
    expect(facts).toMatchObject({ arch: ARCH, os: 'linux', init: 'none', downloader: 'curl', agent: 'none' });
    expect(await target.call('deps')).toMatchObject({ code: 0 });

    await installed(target, (_path, source) => source.replace('#!/bin/sh', shebang));
    expect(statSync(home('etc/agent.conf')).mode & 0o777).toBe(0o600);
    expect(text(home('etc/agent.conf'))).toContain(`token=${TOKEN}\n`);
    expect((await target.call('verify')).text).toContain('agent 1.0.0 runs');

    server.reports.length = 0;
    expect((await target.call('download')).text).toContain('is here already');
    expect((await target.call('install')).text).toContain('setup done');
    await eventually(() => server.reports.length > 0);
    expect(server.downloads).toHaveLength(1);
    expect(server.states()).not.toContain('stopping');
    expect(readdirSync(home('versions'))).toEqual(['1.0.0']);

    expect(await target.call('uninstall')).toMatchObject({ code: 0 });
    expect(server.states().at(-1)).toBe('stopping');
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(await target.stop()).toBe(0);
    expect(readdirSync(join(root, 'opt'))).toEqual([]);
    expect(processesWith(`${root}/`)).toEqual([]);
  });

  it('kills a download on stop, and proves it', async () => {
    const target = await session(shell);
    await offer(target);
    server.stalls = true;
    target.write('call download');
    await eventually(() => server.downloads.length > 0);
    expect(groupMembers(target.pgid).length).toBeGreaterThan(1);
    expect(await target.stop()).toBe(0);
    expect(groupMembers(target.pgid)).toEqual([]);
    expect(existsSync(join(root, 'opt/nodeman/run/lock'))).toBe(false);
  });

  it('kills all of the session when its stdin ends', async () => {
    const target = await session(shell);
    await offer(target);
    server.stalls = true;
    target.write('call download');
    await eventually(() => server.downloads.length > 0);
    expect((await target.hangUp()).signal).toBe('SIGKILL');
    expect(groupMembers(target.pgid)).toEqual([]);
    expect(existsSync(join(root, 'opt/nodeman/run/lock'))).toBe(false);
  });

  it('takes the lock over from an earlier session, and ends that', async () => {
    const first = await session(shell);
    await offer(first);
    server.stalls = true;
    first.write('call download');
    await eventually(() => server.downloads.length > 0);
    const second = await session(shell);
    expect((await first.end()).signal).toBe('SIGKILL');
    expect(groupMembers(first.pgid)).toEqual([]);
    expect(second.log).toContain('an earlier session');
    server.stalls = false;
    await installed(second);
  });
});

describe('download', () => {
  it('goes on to the next server after a wrong checksum, a 404 and a refusal', async () => {
    const target = await session();
    const agent = await offer(target);
    const wrong = await TargetServer.start();
    wrong.files.set(agent.file, Buffer.from('something else'));
    const empty = await TargetServer.start();
    target.set({ servers: `${wrong.address} ${empty.address} 127.0.0.1:1 ${server.address}` });
    const result = await target.call('download');
    expect(result.code).toBe(0);
    expect(result.text).toMatch(/wrong checksum: SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/);
    expect(result.text).toContain(`${empty.address}: the server answered HTTP 404`);
    expect(result.text).toMatch(/127\.0\.0\.1:1: .*refused.*curl exit code 7/);
    await Promise.all([wrong.close(), empty.close()]);
  });

  it.each([
    ['curl', 'curl', undefined],
    ['wget', 'wget', undefined],
    ['busybox-wget', 'wget', () => '/usr/bin/busybox'],
  ])('names the cause for each server when none has the package, with %s', async (downloader, command, from) => {
    const PATH = toolbox(COMMANDS);
    cpSync(toolbox(command, from), PATH, { recursive: true, verbatimSymlinks: true });
    const target = await session(DASH, { PATH, http_proxy: 'http://127.0.0.1:9', no_proxy: '' });
    await offer(target);
    server.files.clear();
    target.set({ servers: `127.0.0.1:1 ${server.address}` });
    expect((await target.call('facts')).facts.downloader).toBe(downloader);
    const { code, fail, text: log } = await target.call('download');
    expect(code).toBe(1);
    expect(fail).toMatch(/^CURL_FILE_FAILED no server gave nodeman-agent-.*127\.0\.0\.1:1: .*refused/);
    expect(fail).toContain(`${server.address}: the server answered HTTP 404`);
    expect(log).toContain('a proxy is set in the environment; it is not used');
  });

  it('refuses values that are missing or dangerous', async () => {
    const target = await session();
    await offer(target);
    target.set({ package_file: '../../etc/passwd' });
    expect(await target.call('download')).toMatchObject({ code: 64, fail: expect.stringContaining("'package_file'") });
    target.set({ package_file: 'a.tgz', servers: '127.0.0.1:80 $(id):80' });
    expect(await target.call('download')).toMatchObject({ code: 64, fail: expect.stringContaining("'servers'") });
    target.set({ servers: '[::1]:80 host.example:99999' });
    expect(await target.call('download')).toMatchObject({ code: 64 });
    expect(await target.call('nothing')).toMatchObject({
      code: 64,
      fail: expect.stringContaining("no call 'nothing'"),
    });
  });
});

describe('deps', () => {
  it('names the commands that are missing', async () => {
    const PATH = toolbox(COMMANDS.replace(' tar ', ' '));
    const target = await session(DASH, { PATH });
    expect(await target.call('deps')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(/^COMMAND_NOT_FOUND this host lacks tar curl/),
    });
    expect((await target.call('facts')).facts.downloader).toBe('none');
  });
});

describe('install', () => {
  it.each<[string, Edit, RegExp]>([
    ['a manifest without stop', (p, t) => (p === 'manifest' ? t.replace(/^stop=.*\n/m, '') : t), /has no 'stop'/],
    ['another architecture', (p, t) => (p === 'manifest' ? t.replace(/^arch=.*$/m, 'arch=mips') : t), /arch is 'mips'/],
    ['a path out', (p, t) => (p === 'manifest' ? t.replace('bin/stop', '../../x') : t), /'stop' is no plain path/],
    ['a missing program', (p, t) => (p === 'manifest' ? t.replace('bin/stop', 'bin/none') : t), /names bin\/none/],
  ])('refuses a package with %s, and nothing has changed', async (_what, edit, why) => {
    const target = await session();
    await offer(target, edit);
    await target.call('download');
    const { code, fail, text: log } = await target.call('install');
    expect(code).toBe(1);
    expect(fail).toMatch(/^INSTALL_FAILED /);
    expect(fail).toMatch(why);
    expect(log).toContain('setup failed: ');
    expect(existsSync(home('current'))).toBe(false);
    expect(await target.call('verify')).toMatchObject({ code: 1, fail: 'INSTALL_FAILED no agent is installed here' });
  });

  it('goes back to the version before when the new one does not come up', async () => {
    const target = await session();
    await installed(target);
    const before = text(home('etc/agent.conf'));
    await offer(target, (path, source) =>
      path === 'bin/start' ? '#!/bin/sh\necho the new one is broken\nexit 9\n' : withVersion('2.0.0')(path, source),
    );
    target.set({ token: 'another' });
    await target.call('download');
    expect(await target.call('install')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(/start ended with code 9: the new one is broken; went back to 1\.0\.0/),
    });
    expect(readdirSync(home('versions'))).toEqual(['1.0.0']);
    expect(text(home('etc/agent.conf'))).toBe(before);
    target.set({ package_version: '1.0.0' });
    expect(await target.call('verify')).toMatchObject({ code: 0 });
  });

  it('upgrades, keeps the version before, and mends what a killed attempt left', async () => {
    const target = await session();
    await installed(target);
    mkdirSync(home('versions/.new'), { recursive: true });
    mkdirSync(home('versions/0.0.1'));
    await offer(target, withVersion('2.0.0'));
    await target.call('download');
    expect(await target.call('install')).toMatchObject({ code: 0 });
    await eventually(() => server.reports.some((report) => report.version === '2.0.0'));
    expect(readdirSync(home('versions')).sort()).toEqual(['1.0.0', '2.0.0']);
  });

  it('never shows the token', async () => {
    const target = await session();
    const seen = new Set<number>();
    const look = () => processesWith(TOKEN, ['cmdline', 'environ']).forEach((pid) => seen.add(pid));
    const timer = setInterval(look, 4);
    await installed(target);
    await eventually(() => server.reports.length > 1);
    await target.call('uninstall');
    clearInterval(timer);
    expect([...seen]).toEqual([]);
    expect(target.log).not.toContain(TOKEN);
  });
});

describe('the session', () => {
  it('makes a group of its own where it was not given one', async () => {
    const target = await session(DASH, {}, { detached: false });
    expect(target.pgid).toBe(target.pid);
    expect(groupMembers(target.pgid)).toEqual([target.pid]);
    await installed(target);
    expect(await target.stop()).toBe(0);
    expect(processesWith(home('versions')).length).toBeGreaterThan(0);
  });

  it('has a bootstrap that survives every login shell', async () => {
    expect(await agentBootstrap()).not.toMatch(/['\n!\\]/);
  });
});

describe('the agent', () => {
  const pidOf = (file: string) => Number(text(home(`run/${file}`)));

  it.each(['loop.pid', 'agent.pid'])('is back after the process of %s is killed', async (file) => {
    const target = await session();
    await installed(target);
    const before = pidOf(file);
    process.kill(before, 'SIGKILL');
    await eventually(() => pidOf(file) !== before, { timeoutMs: 8_000 });
    server.reports.length = 0;
    await eventually(() => server.states().includes('running'), { timeoutMs: 8_000 });
    expect(await target.call('uninstall')).toMatchObject({ code: 0 });
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });

  it.each([
    ['wget', () => '/usr/bin/wget'],
    ['busybox wget', () => '/usr/bin/busybox'],
  ])('reports with %s, and says goodbye', async (_client, from) => {
    const PATH = toolbox(COMMANDS);
    cpSync(toolbox('wget', from), PATH, { recursive: true, verbatimSymlinks: true });
    const target = await session(DASH, { PATH });
    await installed(target);
    await target.call('uninstall');
    expect(server.states()).toEqual(expect.arrayContaining(['running', 'stopping']));
    expect(server.reports[0]).toMatchObject({ token: TOKEN, name: 'nodeman-agent', version: '1.0.0' });
  });

  it('believes no hostile answer', async () => {
    const trap = join(base, 'trap');
    server.answer = { interval: '0;touch ' + trap, servers: [`$(touch ${trap}):80`, 'evil'] };
    const target = await session();
    await offer(target);
    target.set({ interval: 1 });
    await target.call('download');
    await target.call('install');
    await eventually(() => server.reports.length >= 2);
    server.answer = { interval: 0, servers: Array.from({ length: 17 }, (_, i) => `127.0.0.1:${i + 1}`) };
    const count = server.reports.length;
    await eventually(() => server.reports.length >= count + 2);
    expect(existsSync(home('run/learned'))).toBe(false);
    expect(existsSync(trap)).toBe(false);
  });

  it('learns other servers, and returns to its own when those are gone', async () => {
    const other = await TargetServer.start();
    server.answer = { interval: 1, servers: [other.address] };
    const target = await session();
    await installed(target);
    await eventually(() => other.reports.length > 0);
    expect(text(home('run/learned'))).toBe(`interval=1\nservers=${other.address}\n`);
    await other.close();
    const count = server.reports.length;
    await eventually(() => server.reports.length > count);
  });

  it('keeps plugins alive and reports them', async () => {
    const target = await session();
    await installed(target);
    const plugin = home('plugins/clock');
    mkdirSync(plugin, { recursive: true });
    writeFileSync(join(plugin, 'manifest'), 'name=clock\nversion=3.1\nstart=start\nstop=stop\nstatus=status\n');
    const pidFile = join(plugin, 'pid');
    const program = (name: string, body: string) => {
      writeFileSync(join(plugin, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(plugin, name), 0o755);
    };
    program('start', `sleep 999 >/dev/null 2>&1 & echo $! >${pidFile}`);
    program('status', `kill -0 "$(cat ${pidFile})"`);
    program('stop', `kill "$(cat ${pidFile})"; rm ${pidFile}`);
    const clock = { name: 'clock', type: 'plugin', status: 'RUNNING', version: '3.1' };
    await eventually(() =>
      server.reports.some((report) => JSON.stringify(report.processes) === JSON.stringify([clock])),
    );
    const first = Number(text(pidFile));
    process.kill(first);
    const second = await eventually(
      () => existsSync(pidFile) && Number(text(pidFile)) !== first && Number(text(pidFile)),
    );
    await target.call('uninstall');
    expect(existsSync(`/proc/${second}`) && !text(`/proc/${second}/stat`).includes(') Z ')).toBe(false);
  });
});

/** As root, without NODEMAN_ROOT: in a mount and pid namespace of its own, so this machine's /opt and agents stay out of it. */
describe('as root on a host of its own', () => {
  async function host(prepare: string, bin = toolbox('true'), pid1 = '/bin/dash') {
    const script = `${prepare}; dash "$@"; exit`;
    const argv = ['unshare', '-mp', '--fork', '--kill-child', '--mount-proc', pid1, '-c', script, 'host'];
    const shell = await TargetShell.open(argv, { PATH: `${bin}:${process.env.PATH}` });
    open.push(shell);
    return shell;
  }

  it.each([
    ['full', 'mount -t tmpfs -o size=48k tmpfs /opt', 'install', /no space left on device/],
    ['read-only', 'mount -t tmpfs -o ro tmpfs /opt', 'download', /Read-only file system/],
    ['noexec', 'mount -t tmpfs -o noexec tmpfs /opt', 'install', /mounted noexec/],
  ])('says that the file system is %s', async (_what, prepare, failing, why) => {
    const target = await host(prepare);
    await offer(target);
    const download = await target.call('download');
    const result = failing === 'download' ? download : await target.call('install');
    expect(result.code).toBe(1);
    expect(result.fail).toMatch(why);
    expect(await target.stop()).toBe(0);
  });

  it('starts at boot by cron, and takes only its own line away', async () => {
    const bin = toolbox('true');
    const table = join(base, 'crontab');
    writeFileSync(table, '# mine\n\n5 4 * * * backup\n');
    writeFileSync(
      join(bin, 'crontab'),
      `#!/bin/sh\ncase $1 in -l) cat ${table};; -r) rm ${table};; *) cat "$1" >${table};; esac\n`,
      { mode: 0o755 },
    );
    const target = await host('mount -t tmpfs tmpfs /opt; mkdir /opt/other', bin);
    await installed(target);
    expect(text(table)).toBe(
      '# mine\n\n5 4 * * * backup\n@reboot NODEMAN_AGENT_HOME=/opt/nodeman/agent /opt/nodeman/agent/current/bin/start # nodeman-agent\n',
    );
    await target.call('uninstall');
    expect(text(table)).toBe('# mine\n\n5 4 * * * backup\n');
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });

  it('is a systemd unit where systemd is PID 1', async () => {
    const bin = toolbox('true');
    cpSync('/usr/bin/dash', join(bin, 'systemd'));
    const calls = join(base, 'systemctl.log');
    const unit = '/etc/systemd/system/nodeman-agent.service';
    writeFileSync(
      join(bin, 'systemctl'),
      `#!/bin/sh\necho "$*" >>${calls}\ncase $1 in\n` +
        `start) eval "$(sed -n 's/^ExecStart=/exec setsid /p' ${unit})";;\nstop) eval "$(sed -n 's/^ExecStop=//p' ${unit})";;\nesac\n`,
      { mode: 0o755 },
    );
    const prepare = [
      ...['/opt', '/run', '/etc/systemd'].map((dir) => `mkdir -p ${dir}; mount -t tmpfs tmpfs ${dir}`),
      'mkdir -p /run/systemd/system /etc/systemd/system',
    ].join('; ');
    const target = await host(prepare, bin, join(bin, 'systemd'));
    expect((await target.call('facts')).facts.init).toBe('systemd');
    await installed(target);
    expect(await target.call('verify')).toMatchObject({ code: 0 });
    await target.call('uninstall');
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(server.states().at(-1)).toBe('stopping');
    expect(text(calls).split('\n')).toEqual(
      expect.arrayContaining(['daemon-reload', '-q enable nodeman-agent.service', 'start nodeman-agent.service']),
    );
  });

  it('has the package manager bring what lacks', async () => {
    const bin = toolbox(COMMANDS.replace('tar ', ''));
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
    const target = await host(`mount -t tmpfs tmpfs /opt; BIN=${bin}; ${hide}`, bin);
    expect(await target.call('deps')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(
        /^COMMAND_NOT_FOUND this host lacks tar curl and apk could not bring it \(exit code 3\)/,
      ),
    });
  });
});

describe('the sources', () => {
  const shellcheck = (args: string[], input?: string) =>
    execFileSync('shellcheck', ['-s', 'sh', ...args], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  const agent = join(process.cwd(), 'agent/nodeman-agent');

  it('are clean for shellcheck', async () => {
    const whole = (await agentScript({ compact: false })).replaceAll('# shellcheck shell=sh\n', '');
    expect(shellcheck(['-'], whole)).toBe('');
    expect(
      shellcheck(['-P', agent, '-x', ...readdirSync(join(agent, 'bin')).map((name) => join(agent, 'bin', name))]),
    ).toBe('');
    expect(shellcheck([join(process.cwd(), 'agent/bootstrap.sh')])).toBe('');
  });

  it('make the same package every time', async () => {
    const [first, second] = [await packAgent('aarch64'), await packAgent('aarch64')];
    expect(first.file).toBe('nodeman-agent-1.0.0-linux-aarch64.tgz');
    expect(sha256(first.bytes)).toBe(sha256(second.bytes));
  });
});
