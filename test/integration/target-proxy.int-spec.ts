import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.js';
import { COMMANDS, DASH, kill, TargetBench } from '../support/target-bench.js';
import { processesAt, TargetServer, type TargetShell } from '../support/target-shell.js';

const SHELLS = [{ shell: ['dash'] }, { shell: ['bash'] }, { shell: ['busybox', 'ash'] }, { shell: ['ksh'] }];
const ADDRESS = '127.0.0.9';

const KEY = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'B7+jjSZo4YkdFvJ8hXhVo/Zs8bOQ2lqE1GJgC3mZsZP'} nodeman`;

let bench: TargetBench;
let listen: string;

beforeEach(async () => {
  bench = await TargetBench.start();
  listen = `${ADDRESS}:${await freePort()}`;
});

afterEach(async () => {
  await bench.close();
  await eventually(() => {
    const left = processesAt(bench.root);
    left.forEach(kill);
    return left.length === 0;
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, ADDRESS);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** An installed agent and its nginx. */
async function proxy(shell: TargetShell, values: Record<string, string | number> = {}): Promise<void> {
  await bench.offer(shell);
  shell.set({ listen, server_key: KEY, account: 'root', ...values });
  for (const name of ['download', 'install', 'deps_proxy', 'proxy']) {
    expect(await shell.call(name)).toMatchObject({ code: 0, fail: '' });
  }
}

const get = (path: string, init: RequestInit = {}) =>
  fetch(`http://${listen}${path}`, { ...init, headers: { connection: 'close', ...init.headers } });

/** As it is, which `fetch` would not send. */
async function rawStatus(path: string): Promise<number | undefined> {
  const [host, port] = listen.split(':');
  const [response] = (await once(request({ host, port, path, agent: false }).end(), 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

/** What the agent writes when a server taught it other servers. */
const learn = (servers: string) => writeFileSync(bench.home('run/learned'), `interval=3600\nservers=${servers}\n`);

const plugin = (command: string) => promisify(execFile)(bench.home(`plugins/nginx/bin/${command}`));

const nginxPid = () => Number(bench.text('plugins/nginx/run/nginx.pid'));

const report = (state: string) =>
  get('/api/agent/heartbeat', { method: 'POST', body: JSON.stringify({ token: 'behind', state, processes: [] }) });

describe.each(SHELLS)('under $shell', ({ shell }) => {
  it('makes a PROXY, makes it again, and leaves nothing', async () => {
    const target = await bench.session(shell);
    await proxy(target);
    expect((await report('running')).status).toBe(200);
    expect(bench.server.states('behind')).toEqual(['running']);

    expect(await target.call('proxy')).toMatchObject({
      code: 0,
      text: expect.stringContaining(`answers at ${listen}`),
    });
    expect(await target.call('trust')).toMatchObject({ code: 0 });
    expect(await target.call('uninstall')).toMatchObject({ code: 0, fail: '' });
    expect(await target.call('gone')).toMatchObject({ code: 0, fail: '' });
    expect(processesAt(bench.home())).toEqual([]);
    await expect(get('/nodeman-proxy')).rejects.toThrow();
    expect(await target.stop()).toBe(0);
    expect(readdirSync(bench.root)).toEqual(['home', 'opt']);
    expect(readdirSync(join(bench.root, 'home'))).toEqual([]);
  });
});

describe('nginx', () => {
  it('serves downloads and reports, and nothing else, at its address alone', async () => {
    await proxy(await bench.session());
    bench.server.files.set('x-1.tgz', Buffer.from('a package'));
    for (let i = 0; i < 3; i++) expect(await (await get('/download/x-1.tgz')).text()).toBe('a package');
    expect((await get('/download/x-1.tgz', { method: 'HEAD' })).status).toBe(200);
    expect(bench.server.downloads.filter((file) => file === 'x-1.tgz')).toHaveLength(1);
    expect((await get('/download/x-1.tgz', { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await get('/download/nothing.tgz')).status).toBe(404);
    for (const path of [
      '/',
      '/download',
      '/api/agent',
      '/api/hosts/',
      '/api/agent/../auth/',
      '/api/agent/..%2f..%2fapi/auth/',
    ]) {
      expect([path, await rawStatus(path)]).toEqual([path, 404]);
    }
    await expect(fetch(`http://127.0.0.1:${listen.split(':')[1]}/nodeman-proxy`)).rejects.toThrow();
  });

  it('fails over between servers, and keeps serving what it has when all are gone', async () => {
    const [first, second] = [await TargetServer.start(), await TargetServer.start()];
    const target = await bench.session();
    await proxy(target, { servers: bench.server.address });
    learn(`127.0.0.8:${await freePort()} ${first.address} ${second.address}`);
    await plugin('status');
    second.files.set('x-1.tgz', Buffer.from('a package'));
    await eventually(async () => (await report('running')).status === 200 && first.reports.length > 0);
    expect(await (await get('/download/x-1.tgz')).text()).toBe('a package');
    await first.close();
    for (let i = 0; i < 4; i++) expect((await report('again')).status).toBe(200);
    await second.close();
    expect((await report('running')).status).toBe(502);
    expect(await (await get('/download/x-1.tgz')).text()).toBe('a package');
  });

  it('is started again by the agent when it died, whatever it left', async () => {
    const target = await bench.session();
    await proxy(target);
    target.set({ interval: 1 });
    await target.call('install');
    const master = nginxPid();
    const before = processesAt(bench.home('plugins')).filter((pid) => pid !== master);
    expect(before.length).toBeGreaterThan(0);
    process.kill(master, 'SIGKILL');
    await eventually(() => nginxPid() !== master, { timeoutMs: 10_000 });
    await eventually(async () => (await get('/nodeman-proxy')).status === 200, { timeoutMs: 10_000 });
    expect(processesAt(bench.home('plugins')).filter((pid) => before.includes(pid))).toEqual([]);
    const version = /nginx\/([0-9.]+)/.exec(execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }))?.[1];
    await eventually(() => {
      expect(bench.server.reports.at(-1)?.processes).toEqual([
        { name: 'nginx', type: 'plugin', status: 'RUNNING', version },
      ]);
      return true;
    });
  });

  it('takes a changed list of servers over, and keeps the former one when nginx refuses it', async () => {
    const other = await TargetServer.start();
    await proxy(await bench.session());
    learn(other.address);
    await plugin('status');
    await eventually(async () => (await report('moved')).status === 200 && other.reports.length > 0);
    learn('1.2.3.4:99999');
    await plugin('status');
    expect((await report('moved')).status).toBe(200);
    expect(bench.text('plugins/nginx/etc/servers.conf')).toContain(other.address);
    learn(`no.such.name.invalid:80 ${bench.server.address}`);
    await plugin('status');
    await eventually(
      async () => (await report('back')).status === 200 && bench.server.states('behind').includes('back'),
    );
    await other.close();
  });

  it('says who holds its port', async () => {
    const target = await bench.session();
    await bench.installed(target);
    const server = createServer().listen(Number(listen.split(':')[1]), '0.0.0.0');
    await once(server, 'listening');
    target.set({ listen });
    const { code, fail, ran, text } = await target.call('proxy');
    expect(code).toBe(1);
    expect(fail).toMatch(
      new RegExp(
        `^INSTALL_FAILED port ${listen.split(':')[1]} is taken on this host by \\S+ \\(process ${process.pid}\\)`,
      ),
    );
    expect(text).toContain('Address already in use');
    expect(ran).toEqual([expect.stringMatching(/^1 \S*nginx -p /)]);
    server.close();
    await once(server, 'close');
    expect(await target.call('proxy')).toMatchObject({ code: 0 });
  });

  it('says that an address is not this host’s, and that nginx lacks', async () => {
    const target = await bench.session(DASH, { PATH: bench.toolbox(`${COMMANDS} curl`) });
    await bench.installed(target);
    target.set({ listen: '203.0.113.7:17980' });
    for (const name of ['deps_proxy', 'proxy']) {
      expect(await target.call(name)).toMatchObject({
        code: 1,
        fail: expect.stringMatching(/^COMMAND_NOT_FOUND .*nginx/),
      });
    }
    const other = await bench.session();
    other.set({ listen: '203.0.113.7:17980' });
    expect(await other.call('proxy')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(/^INSTALL_FAILED 203\.0\.113\.7 is no address of this host: .*99: /),
    });
  });
});

describe('the agent', () => {
  it('takes all of a PROXY away by itself', async () => {
    const target = await bench.session();
    await proxy(target);
    expect(await target.call('trust')).toMatchObject({ code: 0 });
    expect(await target.stop()).toBe(0);
    const copy = bench.home('run/leave/lib/uninstall.sh');
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(bench.home('current/lib/uninstall.sh'), copy);
    const { stdout } = await promisify(execFile)('sh', [copy], { cwd: '/', env: { ...process.env, nm_nonce: 'none' } });
    expect(stdout).toContain('nothing is left');
    expect(processesAt(bench.root)).toEqual([]);
    expect(readdirSync(bench.root)).toEqual(['home', 'opt']);
    expect(readdirSync(join(bench.root, 'home'))).toEqual([]);
  });
});

/** As root, with file systems of its own. */
describe('as root', () => {
  /** How the host sees a path. */
  function seen(target: TargetShell, path: string): string {
    const [child] = readFileSync(`/proc/${target.process.pid}/task/${target.process.pid}/children`, 'utf8').split(' ');
    return `/proc/${child}/root${path}`;
  }

  it('has nginx’s workers work as nobody, and opens nothing but the way to the cache', async () => {
    const target = await bench.host('mount -t tmpfs -o mode=755 tmpfs /opt');
    await proxy(target);
    bench.server.files.set('x-1.tgz', Buffer.alloc(300_000, 'x'));
    expect((await (await get('/download/x-1.tgz')).text()).length).toBe(300_000);
    const folder = seen(target, '/opt/nodeman/agent/plugins/nginx');
    const modes = (names: string[]) => names.map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8));
    expect(modes(['../../..', '../..', '..', '.', 'run', 'temp'])).toEqual(Array(6).fill('711'));
    expect(modes(['cache', 'bin', 'lib', 'etc', 'log', '../../etc', '../../versions'])).toEqual(Array(7).fill('700'));
    expect(statSync(join(folder, 'cache')).uid).toBe(65_534);
    expect(readdirSync(join(folder, 'cache'))).toHaveLength(1);
    expect(await target.call('uninstall')).toMatchObject({ code: 0 });
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });

  it('says when nginx’s workers cannot get to the cache', async () => {
    const target = await bench.host('mount -t tmpfs -o mode=700 tmpfs /opt');
    await bench.installed(target);
    target.set({ listen });
    expect(await target.call('proxy')).toMatchObject({
      code: 1,
      fail: expect.stringMatching(
        /^INSTALL_FAILED nginx's workers \(account nobody\) cannot pass \/opt, .*chmod o\+x \/opt$/,
      ),
    });
  });

  /** A host without nginx and with this package manager, under systemd. */
  async function without(aptGet: string): Promise<TargetShell> {
    const bin = bench.toolbox('true');
    cpSync('/usr/bin/dash', join(bin, 'systemd'));
    const program = (name: string, text: string) =>
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program('systemctl', `echo "$*" >>${bench.base}/systemctl`);
    program('apt-get', aptGet);
    program('dpkg', 'exit 0');
    const prepare = [
      'mount -t tmpfs -o mode=755 tmpfs /opt && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /opt/up /opt/work',
      'mount -t overlay -o lowerdir=/usr/sbin,upperdir=/opt/up,workdir=/opt/work overlay /usr/sbin',
      'mv /usr/sbin/nginx /opt/nginx && rm -f /usr/sbin/policy-rc.d && export http_proxy=http://me:secret@10.9.9.9:3128',
    ].join(' && ');
    return bench.host(prepare, bin, join(bin, 'systemd'));
  }

  it('has the package manager bring nginx, and its service neither started nor enabled', async () => {
    const log = join(bench.base, 'apt');
    const ask = (name: string) => `/usr/sbin/policy-rc.d ${name} start; echo "${name} $?" >>${log}`;
    const target = await without(
      `echo "$*" >>${log}; ${ask('nginx')}; ${ask('nginx.service')}; ${ask('sshd')}; mv /opt/nginx /usr/sbin/nginx`,
    );
    expect(await target.call('deps_proxy')).toMatchObject({
      code: 0,
      text: expect.stringContaining('apt-get installs nginx'),
    });
    const said = readFileSync(log, 'utf8').trim().split('\n');
    expect(said).toEqual([expect.stringMatching(/ install nginx$/), 'nginx 101', 'nginx.service 101', 'sshd 0']);
    expect(existsSync(seen(target, '/usr/sbin/policy-rc.d'))).toBe(false);
    expect(readFileSync(join(bench.base, 'systemctl'), 'utf8')).toBe('-q disable --now nginx.service\n');
    expect(await target.call('deps_proxy')).toMatchObject({
      code: 0,
      text: expect.stringContaining('here is nginx version'),
    });
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(4);
  });

  it('shows why the package manager could not bring it, without what is secret', async () => {
    const lock = 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 999 (apt)';
    const target = await without(`echo "${lock}" >&2; exit 100`);
    const { code, fail, ran, text } = await target.call('deps_proxy');
    expect(code).toBe(1);
    expect(fail).toBe(
      `COMMAND_NOT_FOUND this host lacks nginx and apt-get could not bring it (exit code 100): ${lock}`,
    );
    expect(ran).toEqual(['100 apt-get install nginx']);
    expect(text).toContain(lock);
    expect(text).toContain('the environment sets http_proxy=***@10.9.9.9:3128');
    expect(target.log).not.toContain('secret');
  });
});

describe('the sources', () => {
  it('are clean for shellcheck', () => {
    const programs = ['start', 'stop', 'status'].map((name) => join(process.cwd(), 'agent/plugins/nginx/bin', name));
    expect(execFileSync('shellcheck', ['-s', 'sh', '-x', ...programs], { encoding: 'utf8' })).toBe('');
  });
});
