import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.js';
import { COMMANDS, DASH, kill, TargetBench } from '../support/target-bench.js';
import { processesAt, sha256, TargetServer, type TargetShell } from '../support/target-shell.js';

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
