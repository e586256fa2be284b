import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../../src/simulator/faults.js';
import { startFleet, type Fleet } from '../../src/simulator/fleet.js';
import type { SimulatedHost } from '../../src/simulator/simulated-host.js';
import type { ConnectOptions, ExecResult, SshSession } from '../../src/ssh/ssh-session.js';
import type { SshErrorKind } from '../../src/ssh/ssh.errors.js';
import { eventually } from '../support/eventually.js';
import { closeSessions, connect, patiently, sshErrorOf } from '../support/ssh.js';

let folder: string;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-faults-'));
});

afterEach(async () => {
  await closeSessions();
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()));
  await rm(folder, { recursive: true, force: true });
});

async function aFleet(...faults: Fault[]): Promise<Fleet> {
  const root = join(folder, 'host');
  const fleet = await startFleet({
    hosts: [{ address: '127.0.0.1', port: 0, account: 'root', password: 'pw', root, faults }],
  });
  cleanUps.push(() => fleet.stop());
  return fleet;
}

async function aSession(...faults: Fault[]): Promise<SshSession> {
  return loginTo((await aFleet(...faults)).hosts[0]!);
}

function loginTo({ address, port }: SimulatedHost, options: Partial<ConnectOptions> = {}): Promise<SshSession> {
  return connect({ address, port, account: 'root', auth: { type: 'PASSWORD', password: 'pw' } }, options);
}

async function run(session: SshSession, command: string): Promise<ExecResult> {
  return session.exec(command, { ...patiently(), maxOutputBytes: 1_000_000 });
}

/** Gives `a package` for every download, takes every report. */
async function aServer(): Promise<string> {
  const server = createServer((_request, response) => void response.end('a package'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('who gets in', () => {
  it.each<[Fault, SshErrorKind]>([
    ['refused', 'refused'],
    ['silent', 'login-timeout'],
    ['endless-banner', 'other'],
    ['wrong-password', 'wrong-password'],
    ['no-methods', 'method-not-offered'],
    ['stuck-login', 'login-timeout'],
    ['slow:3000', 'login-timeout'],
  ])('%s: a login ends as %s', async (fault, kind) => {
    const host = (await aFleet(fault)).hosts[0]!;
    await sshErrorOf(loginTo(host, { loginTimeoutMs: 500 }), kind);
  });

  it('key-change: each start shows another key, where others keep theirs', async () => {
    const keys: string[] = [];
    for (const faults of [['key-change'], ['key-change'], [], []] as Fault[][])
      keys.push((await aFleet(...faults)).hosts[0]!.publicHostKey);
    expect(new Set(keys).size).toBe(3);
    expect(keys[3]).toBe(keys[2]);
  });

  it.each<Fault>(['drop-after:4', 'reset-after:4'])('%s: the session is lost in the middle', async (fault) => {
    await sshErrorOf(run(await aSession(fault), 'echo 123456; sleep 60'), 'lost');
  });

  it('no-exit-status: a command ends without a word', async () => {
    await sshErrorOf(run(await aSession('no-exit-status'), 'echo done'), 'lost');
  });
});

describe('what a host says', () => {
  it('escapes: everything that a terminal would obey stands before the output', async () => {
    const { stdout } = await run(await aSession('escapes'), 'echo done');
    for (const sequence of ['\x1b[2J', '\x1b[31m', '\x1b]0;a title\x07', '10%\r100%', '\u202e', '\u2066', '\u009b1m'])
      expect(stdout).toContain(sequence);
    expect(stdout.endsWith('\ndone\n')).toBe(true);
  });

  it('slow-bytes: comes byte by byte, late, and whole', async () => {
    const session = await aSession('slow-bytes:5');
    const began = Date.now();
    const { stdout, stderr } = await run(session, 'printf %0100d 7; echo slowly >&2');
    expect([stdout, stderr]).toEqual([`${'0'.repeat(99)}7`, 'slowly\n']);
    expect(Date.now() - began).toBeGreaterThan(400);
  });

  it('slow-bytes and reset-after add up', async () => {
    const session = await aSession('slow-bytes:1', 'reset-after:50');
    await sshErrorOf(run(session, 'printf %0100d 7; sleep 60'), 'lost');
  });

  it('flood, long-line and bad-utf8 stand before the output', async () => {
    const { stdout } = await run(await aSession('flood:5000', 'long-line:6000', 'bad-utf8'), 'echo done');
    expect(stdout).toMatch(/^This line says nothing/);
    expect(stdout).toMatch(/(long ){1000}/);
    expect(stdout).toMatch(/bad\ufffd+\ndone\n$/);
  });
});

describe('what a host has', () => {
  it('full-disk: nothing that is new finds room, in the words of the real programs', async () => {
    const session = await aSession('full-disk');
    const results: string[] = [];
    for (const command of [
      'mkdir -p new/folder',
      'mkdir -p usr/bin',
      'dd if=/dev/zero of=probe bs=65536 count=1',
      'tar -xzof package.tgz',
      'cp /etc/passwd copy',
      'curl -sS -o package http://127.0.0.1:1/download/x',
      'df -Pk . | tail -n 1 | { read -r _ _ _ left _; echo $left; }',
    ]) {
      const { code, stdout, stderr } = await run(session, command);
      results.push(`${code} ${(stdout || stderr).split('\n')[0]}`);
    }
    expect(results).toEqual([
      "1 mkdir: cannot create directory 'new/folder': No space left on device",
      '0 ',
      "1 dd: error writing 'probe': No space left on device",
      '2 tar: ./manifest: Cannot write: No space left on device',
      "1 cp: error writing 'copy': No space left on device",
      '23 curl: (23) Failure writing output to destination',
      '0 0',
    ]);
  });

  it('no-curl: neither curl nor wget, and every other program', async () => {
    const session = await aSession('no-curl');
    const { stdout } = await run(session, 'for name in curl wget tar sha256sum setsid sh; do command -v $name; done');
    expect(stdout.split('\n').map((path) => path.split('/').at(-1))).toEqual(['tar', 'sha256sum', 'setsid', 'sh', '']);
  });

  it.each(['curl -sS -f -o', 'wget -nv -O'])('wrong-sum: what %s brings is damaged', async (download) => {
    const [session, server] = [await aSession('wrong-sum'), await aServer()];
    const { code } = await run(session, `${download} file ${server}/download/package.tgz`);
    expect([code, (await run(session, 'cat file')).stdout]).toEqual([0, 'a packageone bit more']);
    expect((await run(session, `${download} file ${server}/download/none && cat file`)).code).toBe(0);
    expect((await run(session, `${download} file http://127.0.0.1:1/download/package.tgz`)).code).not.toBe(0);
  });

  it('foreign-arch and clock-skew: what it says of itself', async () => {
    const session = await aSession('foreign-arch', 'clock-skew:7200000');
    const { stdout } = await run(session, 'uname -m; uname -s; date +%s; LC_ALL=C date -u +%Y');
    const [arch, os, seconds, year] = stdout.split('\n');
    expect([arch, os, year]).toEqual(['s390x', 'Linux', String(new Date(Date.now() + 7_200_000).getUTCFullYear())]);
    expect(Math.abs(Number(seconds) - Date.now() / 1000 - 7200)).toBeLessThan(5);
  });
});

describe('what a host does to its agent', () => {
  it('agent-mute: no report gets out, downloads do', async () => {
    const [session, server] = [await aSession('agent-mute'), await aServer()];
    const report = await run(session, `echo {} | curl -sS --data-binary @- ${server}/api/agent/heartbeat`);
    expect(report).toMatchObject({ code: 28, stdout: '', stderr: expect.stringMatching(/timed out/) });
    expect((await run(session, `wget -q -O - --post-data={} ${server}/api/agent/heartbeat`)).code).toBe(4);
    expect((await run(session, `curl -sS ${server}/download/package.tgz`)).stdout).toBe('a package');
  });

  it('agent-dies: its supervisor and its loop are killed, after their time', async () => {
    const fleet = await aFleet('agent-dies:500');
    const { root } = fleet.hosts[0]!;
    const home = join(root, 'opt/nodeman/agent');
    await mkdir(join(home, 'versions/1/bin'), { recursive: true });
    await mkdir(join(home, 'run'));
    const supervise = `#!/bin/sh\nsetsid sleep 300 &\necho $! >${home}/run/loop.pid\nwhile :; do wait; sleep 1; done\n`;
    await writeFile(join(home, 'versions/1/bin/supervise'), supervise, { mode: 0o755 });
    const session = await loginTo(fleet.hosts[0]!);
    const start = `env -i PATH="$PATH" NODEMAN_AGENT_HOME=${home} setsid ${home}/versions/1/bin/supervise`;
    const began = Date.now();
    await run(session, `${start} </dev/null >/dev/null 2>&1 & until [ -s ${home}/run/loop.pid ]; do sleep 0.05; done`);
    expect((await fleet.processes()).length).toBeGreaterThanOrEqual(2);
    await eventually(async () => (await fleet.processes()).length === 0);
    expect(Date.now() - began).toBeGreaterThanOrEqual(500);
  });
});
