import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { COMMANDS, DASH, TargetBench } from '../support/target-bench.js';
import { TargetServer, type TargetShell } from '../support/target-shell.js';

const SHELLS = [{ shell: ['dash'] }, { shell: ['bash'] }, { shell: ['busybox', 'ash'] }, { shell: ['ksh'] }];

let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
});

afterEach(async () => {
  await bench.close();
});

/** The checks by name; those of several servers are one list. */
async function checks(target: TargetShell): Promise<Record<string, string>> {
  const { code, fail, checks: lines } = await target.call('check');
  expect({ code, fail }).toEqual({ code: 0, fail: '' });
  const found: Record<string, string> = {};
  for (const line of lines) {
    const [name = '', ...rest] = line.split(' ');
    found[name] = [found[name], rest.join(' ')].filter(Boolean).join('\n');
  }
  return found;
}

async function listening(address: string): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

async function closed({ server }: { server: Server }): Promise<void> {
  server.close();
  await once(server, 'close');
}

describe.each(SHELLS)('check under $shell', ({ shell }) => {
  it('finds a host fit, and changes nothing on it', async () => {
    const target = await bench.session(shell);
    await bench.offer(target);
    const before = Math.floor(Date.now() / 1000);
    const found = await checks(target);
    expect(found).toEqual({
      space: expect.stringMatching(/^pass \d+ KB free at \S+, 65536 KB are needed$/),
      noexec: expect.stringMatching(/^pass \S+ is mounted \S+$/),
      writable: `pass ${bench.root}`,
      commands: 'pass all are here',
      clock: expect.stringMatching(/^pass \d+$/),
      server: `pass ${bench.server.address}: it answers`,
      agent: 'pass none is installed',
      init: expect.stringMatching(/^pass nothing would start the agent after a reboot/),
      selinux: expect.stringMatching(/^(skip|pass) /),
    });
    const clock = Number(found['clock']?.split(' ')[1]);
    expect(clock).toBeGreaterThanOrEqual(before);
    expect(clock).toBeLessThanOrEqual(Date.now() / 1000);
    expect(await target.stop()).toBe(0);
    expect(readdirSync(bench.root)).toEqual([]);
  });

  it('says for each server why the package cannot be had', async () => {
    const target = await bench.session(shell);
    const { file } = await bench.offer(target);
    const empty = await TargetServer.start();
    target.set({ servers: `127.0.0.1:1 no.such.name.invalid:80 ${empty.address} ${bench.server.address}` });
    const { server } = await checks(target);
    expect(server?.split('\n')).toEqual([
      expect.stringMatching(/^fail 127\.0\.0\.1:1: .*refused.* \(curl exit code 7: /),
      expect.stringMatching(/^fail no\.such\.name\.invalid:80: the name cannot be resolved \(curl exit code 6: /),
      `fail ${empty.address}: the server answered HTTP 404`,
      `pass ${bench.server.address}: it answers`,
    ]);
    expect(empty.downloads).toEqual([file]);
    // Without a package's name, an answer is enough.
    target.set({ package_file: '', servers: empty.address });
    expect(await checks(target)).toMatchObject({ server: `pass ${empty.address}: it answers` });
    await empty.close();
  });

  it('says who holds the port of a PROXY', async () => {
    const target = await bench.session(shell);
    const busy = await listening('127.0.0.3');
    target.set({ node_type: 'PROXY', listen: `127.0.0.3:${busy.port}` });
    const held = `^fail port ${busy.port} is taken on this host by \\S+ \\(process ${process.pid}\\)$`;
    expect((await checks(target))['port']).toMatch(new RegExp(held));
    await closed(busy);
  });
});

describe('check', () => {
  it('looks whether a PROXY could listen at its own address', async () => {
    const target = await bench.session();
    const [busy, everywhere] = [await listening('127.0.0.3'), await listening('0.0.0.0')];
    const listen = async (address: string) => {
      target.set({ node_type: 'PROXY', listen: address });
      return (await checks(target))['port'];
    };
    expect(await listen(`127.0.0.4:${busy.port}`)).toBe(`pass port ${busy.port} is free at 127.0.0.4`);
    expect(await listen(`127.0.0.4:${everywhere.port}`)).toContain(`fail port ${everywhere.port} is taken`);
    expect(await listen('203.0.113.9:17980')).toBe('fail 203.0.113.9 is no address of this host');
    target.set({ node_type: 'AGENT' });
    expect(Object.keys(await checks(target))).not.toContain('port');
    await Promise.all([closed(busy), closed(everywhere)]);
  });

  it.each([
    ['wget', undefined],
    ['busybox', () => '/usr/bin/busybox'],
  ])('asks servers with %s', async (_name, from) => {
    const PATH = bench.toolbox(COMMANDS);
    symlinkSync(from?.() ?? '/usr/bin/wget', join(PATH, 'wget'));
    const target = await bench.session(DASH, { PATH });
    const { file } = await bench.offer(target);
    target.set({ servers: `127.0.0.1:1 ${bench.server.address}` });
    expect((await checks(target))['server']?.split('\n')).toEqual([
      expect.stringMatching(/^fail 127\.0\.0\.1:1: connection refused/),
      `pass ${bench.server.address}: it answers`,
    ]);
    bench.server.files.delete(file);
    expect((await checks(target))['server']).toContain(`fail ${bench.server.address}: the server answered HTTP 404`);
  });

  it('names commands that lack, nginx on a PROXY among them', async () => {
    const target = await bench.session(DASH, { PATH: bench.toolbox(COMMANDS.replace(' tar ', ' ')) });
    await bench.offer(target);
    target.set({ node_type: 'PROXY' });
    expect(await checks(target)).toMatchObject({
      commands: 'fail this host lacks tar curl nginx; under NODEMAN_ROOT nothing is installed',
      server: 'skip neither curl nor wget is here to ask with',
    });
  });

  it('tells what is installed, and leaves it as it is', async () => {
    const target = await bench.session();
    await bench.installed(target);
    await target.stop();
    const second = await bench.session();
    expect(await checks(second)).toMatchObject({ agent: expect.stringMatching(/^pass version [0-9.]+ runs$/) });
    expect(existsSync(join(bench.root, 'opt/nodeman/run/lock'))).toBe(false);
  });

  it.each([
    ['full', 'mount -t tmpfs -o size=64k tmpfs /opt', { space: /^fail \d+ KB free at \/opt, 65536 KB are needed/ }],
    ['read-only', 'mount -t tmpfs -o ro tmpfs /opt', { writable: /^fail \/opt is mounted read-only/ }],
    ['noexec', 'mount -t tmpfs -o noexec,size=1g tmpfs /opt', { noexec: /^fail \/opt is mounted noexec/ }],
    ['fit', 'mount -t tmpfs -o size=1g tmpfs /opt', { space: /^pass/, noexec: /^pass/, writable: /^pass \/opt$/ }],
  ])('sees that a file system is %s', async (_what, prepare, expected) => {
    const target = await bench.host(prepare);
    const found = await checks(target);
    for (const [name, pattern] of Object.entries(expected)) expect(found[name]).toMatch(pattern);
  });

  it('has a PROXY fit where half of 256 MiB are free', async () => {
    const target = await bench.host('mount -t tmpfs -o size=256m tmpfs /opt && head -c 130000000 /dev/zero >/opt/full');
    target.set({ node_type: 'PROXY' });
    expect((await checks(target)).space).toMatch(/^pass \d+ KB free at \/opt, 131072 KB are needed$/);
  });

  it('takes no lock from a session that works', async () => {
    const first = await bench.session();
    await bench.offer(first);
    bench.server.stalls = true;
    first.write('call download');
    await first.says('downloading');
    const second = await bench.session();
    expect(await checks(second)).toMatchObject({
      agent: 'pass none is installed; another session works here, or was cut off',
    });
    expect(first.process.exitCode).toBeNull();
    expect(first.process.signalCode).toBeNull();
  });

  it('makes no folder where none is', async () => {
    mkdirSync(join(bench.root, 'opt'));
    const target = await bench.session();
    await checks(target);
    expect(readdirSync(join(bench.root, 'opt'))).toEqual([]);
  });
});
