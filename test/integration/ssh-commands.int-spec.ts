import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../../src/simulator/faults.js';
import { startFleet, type Fleet } from '../../src/simulator/fleet.js';
import type { SimulatedHost } from '../../src/simulator/simulated-host.js';
import { quote } from '../../src/ssh/quote.js';
import type { OpenOptions, OutputStream, SshSession } from '../../src/ssh/ssh-session.js';
import { eventually } from '../support/eventually.js';
import { closeSessions, connect, patiently, sshErrorOf } from '../support/ssh.js';

let root: string;
let fleet: Fleet;

async function aSession(...faults: Fault[]): Promise<{ host: SimulatedHost; session: SshSession }> {
  const login = { address: '127.0.0.1', account: 'root', password: 'pw' };
  fleet = await startFleet({ hosts: [{ ...login, port: 0, root, faults }] });
  const host = fleet.hosts[0]!;
  const session = await connect({ ...login, port: host.port, auth: { type: 'PASSWORD', password: 'pw' } });
  return { host, session };
}

function aLog(): { lines: [OutputStream, string][]; options: OpenOptions } {
  const lines: [OutputStream, string][] = [];
  return {
    lines,
    options: { signal: new AbortController().signal, onLine: (line, stream) => lines.push([stream, line]) },
  };
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ssh-commands-'));
});

afterEach(async () => {
  await closeSessions();
  await fleet.stop();
  await rm(root, { recursive: true, force: true });
});

describe('exec', () => {
  it('takes a non-zero code and stderr for results', async () => {
    const { session } = await aSession();
    const result = await session.exec('echo out; echo err >&2; exit 3', patiently());
    expect(result).toEqual({ code: 3, signal: null, stdout: 'out\n', stderr: 'err\n', truncated: false });
  });

  it('tells the signal that ended a command', async () => {
    const { session } = await aSession();
    await expect(session.exec('kill -9 $$', patiently())).resolves.toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('hands stdin over whole, and EOF when there is none', async () => {
    const { session } = await aSession();
    const stdin = `'"$密码\n${'x'.repeat(300_000)}`;
    await expect(session.exec('cat', { ...patiently(), stdin })).resolves.toMatchObject({ stdout: stdin });
    await expect(session.exec('cat; echo done', patiently())).resolves.toMatchObject({ stdout: 'done\n' });
    await expect(session.exec('true', { ...patiently(), stdin })).resolves.toMatchObject({ code: 0 });
  });

  it('does not split characters that come in two packets', async () => {
    const { session } = await aSession();
    const command = `printf '\\344\\270'; sleep 0.05; printf '\\255'; printf '\\360\\237' >&2; sleep 0.05; printf '\\230\\200' >&2`;
    await expect(session.exec(command, patiently())).resolves.toMatchObject({ stdout: '中', stderr: '😀' });
  });

  it('drops what is beyond the limit, and says so', async () => {
    const { session } = await aSession();
    const options = { ...patiently(), maxOutputBytes: 10 };
    const result = await session.exec(`printf '中文中文'; printf short >&2`, options);
    expect(result).toEqual({ code: 0, signal: null, stdout: '中文中', stderr: 'short', truncated: true });
  });

  it('runs many commands at once', async () => {
    const { session } = await aSession();
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => session.exec(`sleep 0.1; echo ${n}`, patiently())));
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('quotes any argument', async () => {
    const { session } = await aSession();
    for (const argument of [`it's "$HOME" \`id\` \\ !`, '', '-n', 'a\nb', '密码', '~', '*', 'plain-1.2_3/x']) {
      const result = await session.exec(`printf '%s' ${quote(argument)}`, patiently());
      expect(result.stdout).toBe(argument);
    }
  });

  it('ends when its time is up, and the session goes on', async () => {
    const { session } = await aSession();
    await sshErrorOf(session.exec('sleep 30', { ...patiently(), timeoutMs: 100 }), 'exec-timeout');
    await expect(session.exec('echo on', patiently())).resolves.toMatchObject({ stdout: 'on\n' });
  });

  it('ends at once when aborted, before and while it runs', async () => {
    const { session } = await aSession();
    const reason = new Error('enough');
    const abort = new AbortController();
    const running = session.exec('sleep 30', { ...patiently(), signal: abort.signal });
    setTimeout(() => abort.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
    await expect(session.exec('true', { ...patiently(), signal: abort.signal })).rejects.toBe(reason);
  });

  it.each(['drop-after:4', 'reset-after:4'] as const)('is lost when the connection breaks: %s', async (fault) => {
    const { session } = await aSession(fault);
    await sshErrorOf(session.exec('echo 123456; sleep 5', patiently()), 'lost');
    await expect(session.closed).resolves.toMatchObject({ kind: 'lost' });
  });

  it('is lost when the command does not tell how it ended', async () => {
    const { session } = await aSession('no-exit-status');
    await sshErrorOf(session.exec('echo 1', patiently()), 'lost');
  });

  it('notices a host that fell silent', async () => {
    const { host } = await aSession();
    const { address, port } = host;
    const target = { address, port, account: 'root', auth: { type: 'PASSWORD', password: 'pw' } } as const;
    const session = await connect(target, { keepaliveIntervalMs: 50, keepaliveMisses: 2 });
    const before = Date.now();
    // The simulator lives in this process: holding its reading back is as good as cutting its cable.
    host.pauseConnections();
    await sshErrorOf(session.exec('sleep 30', patiently()), 'silent');
    await expect(session.closed).resolves.toMatchObject({ kind: 'silent' });
    expect(Date.now() - before).toBeLessThan(2_000);
  });
});

describe('open', () => {
  it('talks in lines, both ways', async () => {
    const { session } = await aSession();
    const { lines, options } = aLog();
    const cat = await session.open(
      'while read -r line; do echo "got $line"; done; echo no line feed >&2; printf end',
      options,
    );
    cat.write('一');
    await eventually(() => lines.length === 1);
    cat.write('two');
    cat.end();
    await expect(cat.closed).resolves.toEqual({ code: 0, signal: null });
    expect(lines.filter(([stream]) => stream === 'stdout').map(([, line]) => line)).toEqual([
      'got 一',
      'got two',
      'end',
    ]);
    expect(lines).toContainEqual(['stderr', 'no line feed']);
    expect(() => cat.write('late')).toThrow(/lost/);
  });

  it('cuts long lines and replaces what is no UTF-8', async () => {
    const { session } = await aSession('long-line:100000', 'bad-utf8');
    const { lines, options } = aLog();
    const process = await session.open('printf "crlf\\r\\n"', options);
    await process.closed;
    expect(lines.map(([, line]) => line.length)).toEqual([8192, 7, 4]);
    expect(lines[1]?.[1]).toContain('bad\ufffd');
    expect(lines[2]?.[1]).toBe('crlf');
    expect(process.droppedBytes).toBe(100_000 - 8192);
  });

  it('stays small under a flood, and still hears the markers', async () => {
    const flood = 200 * 1024 * 1024;
    const { session } = await aSession(`flood:${flood}`);
    const { lines, options } = aLog();
    const before = process.memoryUsage().rss;
    const remote = await session.open('echo @nm:x:done; echo not this; printf @nm:x:end', {
      ...options,
      maxOutputBytes: 1024 * 1024,
      alwaysPrefix: '@nm:x:',
    });
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
    await remote.closed;
    clearInterval(watch);
    expect(lines.slice(-2).map(([, line]) => line)).toEqual(['@nm:x:done', '@nm:x:end']);
    expect(lines.length).toBeLessThan(20_000);
    expect(remote.droppedBytes).toBeGreaterThan(flood - 2 * 1024 * 1024);
    expect(peak - before).toBeLessThan(150 * 1024 * 1024);
  }, 60_000);

  it('ends at once when aborted', async () => {
    const { session } = await aSession();
    const abort = new AbortController();
    const { options } = aLog();
    const process = await session.open('sleep 30', { ...options, signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(process.closed).rejects.toThrow('enough');
  });

  it('is lost with the session, and needs no listener for that', async () => {
    const { host, session } = await aSession();
    const process = await session.open('sleep 30', aLog().options);
    host.resetConnections();
    await sshErrorOf(process.closed, 'lost');
    expect(() => process.write('x')).toThrow(/lost/);
  });

  it('gives the error of a listener that throws to its own process only', async () => {
    const { session } = await aSession();
    const failure = new Error('a bug');
    const process = await session.open('echo 1; sleep 5', {
      ...aLog().options,
      onLine: () => {
        throw failure;
      },
    });
    await expect(process.closed).rejects.toBe(failure);
    await expect(session.exec('echo on', patiently())).resolves.toMatchObject({ stdout: 'on\n' });
  });

  it('survives connections that break anywhere', async () => {
    const { host } = await aSession();
    const { address, port } = host;
    const target = { address, port, account: 'root', auth: { type: 'PASSWORD', password: 'pw' } } as const;
    const attempts = Array.from({ length: 40 }, async (_, index) => {
      setTimeout(() => host.resetConnections(), index * 7).unref();
      const session = await connect(target);
      const process = await session.open('cat; echo bye', aLog().options);
      process.write('x'.repeat(100_000));
      process.end();
      await process.closed;
    });
    const outcomes = await Promise.allSettled(attempts);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'SshError' });
    }
  });
});
