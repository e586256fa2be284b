import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../../src/simulator/faults.js';
import { startFleet, type Fleet } from '../../src/simulator/fleet.js';
import type { SimulatedHost, SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import type { SshTarget } from '../../src/ssh/ssh-session.js';
import { makeKeyPair } from '../support/real-sshd.js';
import { closeSessions, connect, patiently, sshErrorOf } from '../support/ssh.js';

const PASSWORD = 'correct horse';
const folders: string[] = [];
const fleets: Fleet[] = [];

async function aHost(options: Partial<SimulatedHostOptions> = {}): Promise<SimulatedHost> {
  const root = options.root ?? (await mkdtemp(join(tmpdir(), 'ssh-connect-')));
  folders.push(root);
  const host = { address: '127.0.0.1', port: 0, account: 'root', password: PASSWORD, root, ...options };
  const fleet = await startFleet({ hosts: [host] });
  fleets.push(fleet);
  return fleet.hosts[0]!;
}

const aFaultyHost = (...faults: Fault[]): Promise<SimulatedHost> => aHost({ faults });

function loginTo(host: { address: string; port: number }, changes: Partial<SshTarget> = {}): SshTarget {
  const { address, port } = host;
  return { address, port, account: 'root', auth: { type: 'PASSWORD', password: PASSWORD }, ...changes };
}

async function aTcpServer(onSocket: Parameters<typeof createServer>[1]): Promise<{ server: Server; port: number }> {
  const server = createServer(onSocket as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** A listener that accepts nobody, with its queue full: the kernel then drops further SYNs, as a firewall would. */
async function aFullServer(): Promise<{ child: ChildProcess; port: number }> {
  const script = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(chunk.toString());
  for (let index = 0; index < 4; index += 1)
    createConnection(port, '127.0.0.1')
      .on('error', () => {})
      .unref();
  return { child, port };
}

afterEach(async () => {
  await closeSessions();
  await Promise.all(fleets.splice(0).map((fleet) => fleet.stop()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

describe('connecting', () => {
  it('logs in by password and by keyboard-interactive, whatever the password holds', async () => {
    const password = ` -'"$HOME\`\\%密码 `;
    for (const methods of [['password'], ['keyboard-interactive']] as const) {
      const host = await aHost({ password, methods });
      const session = await connect(loginTo(host, { auth: { type: 'PASSWORD', password } }));
      expect(`${session.hostKey.type} ${session.hostKey.publicKey}`).toBe(host.publicHostKey);
      expect(session.serverVersion).toContain('NodemanSimulator');
    }
  });

  it('asks what is offered first, and shows a password once only', async () => {
    const host = await aHost({ methods: ['password', 'keyboard-interactive'], password: 'another' });
    await sshErrorOf(connect(loginTo(host)), 'wrong-password');
    expect(host.loginAttempts.map(({ method }) => method)).toEqual(['none', 'password']);
  });

  it('tells a refused port', async () => {
    const error = await sshErrorOf(connect(loginTo(await aFaultyHost('refused'))), 'refused');
    expect(error.isPassing).toBe(true);
  });

  it('tells an address that cannot be reached', async () => {
    // Class E: the kernel has no route to it, and nothing is sent.
    await sshErrorOf(connect(loginTo({ address: '255.255.255.255', port: 22 })), 'unreachable');
  });

  it('tells a TCP connect that nobody answers', async () => {
    const { child, port } = await aFullServer();
    try {
      const promise = connect(loginTo({ address: '127.0.0.1', port }), { connectTimeoutMs: 300 });
      await sshErrorOf(promise, 'connect-timeout');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.each(['silent', 'stuck-login', 'endless-banner'] as const)('tells a login that hangs: %s', async (fault) => {
    const host = await aFaultyHost(fault);
    const promise = connect(loginTo(host), { loginTimeoutMs: 300 });
    // ssh2 gives up on a banner after a thousand lines, by itself.
    await sshErrorOf(promise, fault === 'endless-banner' ? 'other' : 'login-timeout');
  });

  it.each([
    ['sshd that has enough of newcomers', 'Exceeded MaxStartups\r\n', /Exceeded MaxStartups/],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', /HTTP\/1\.1 400 Bad Request/],
  ])('tells what was said in place of SSH: %s', async (_who, words, why) => {
    const { server, port } = await aTcpServer((socket) => socket.on('error', () => {}).end(words));
    try {
      const error = await sshErrorOf(connect(loginTo({ address: '127.0.0.1', port })), 'other');
      expect(error.happened.en).toMatch(why);
    } finally {
      server.close();
    }
  });

  it('tells a wrong password, and never repeats it', async () => {
    const error = await sshErrorOf(connect(loginTo(await aFaultyHost('wrong-password'))), 'wrong-password');
    expect(`${error.text.zh} ${error.text.en} ${error.stack}`).not.toContain(PASSWORD);
    expect(error.isPassing).toBe(false);
  });

  it('tells a wrong password of keyboard-interactive', async () => {
    const host = await aHost({ methods: ['keyboard-interactive'], password: 'another' });
    await sshErrorOf(connect(loginTo(host)), 'wrong-password');
    expect(host.loginAttempts.map(({ method }) => method)).toEqual(['none', 'keyboard-interactive']);
  });

  it('tells that no method is offered that we can use, and tries none', async () => {
    const host = await aFaultyHost('no-methods');
    const error = await sshErrorOf(connect(loginTo(host)), 'method-not-offered');
    expect(error.text.en).toContain('hostbased');
    expect(host.loginAttempts.map(({ method }) => method)).toEqual(['none']);
  });

  it('does not show a password to a host that takes keys only', async () => {
    const { publicKey } = await makeKeyPair('-t', 'ed25519');
    const host = await aHost({ publicKey, methods: ['publickey'] });
    await sshErrorOf(connect(loginTo(host)), 'method-not-offered');
    expect(host.loginAttempts.map(({ method }) => method)).toEqual(['none']);
  });

  it('tells a key that was refused, with its fingerprint', async () => {
    const [own, other] = await Promise.all([makeKeyPair('-t', 'ed25519'), makeKeyPair('-t', 'ed25519')]);
    const host = await aHost({ publicKey: other.publicKey });
    const target = loginTo(host, { auth: { type: 'KEY', key: own.privateKey } });
    const error = await sshErrorOf(connect(target), 'key-refused');
    expect(error.text.en).toContain('ssh-ed25519 SHA256:');
  });

  it('tells a key that cannot be read or needs a passphrase before it connects', async () => {
    const host = await aHost();
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519', '-N', 'secret phrase');
    const loginWith = (key: string): Promise<unknown> => connect(loginTo(host, { auth: { type: 'KEY', key } }));
    await sshErrorOf(loginWith(privateKey), 'key-needs-passphrase');
    await sshErrorOf(loginWith('no key at all'), 'key-unreadable');
    await sshErrorOf(loginWith(publicKey), 'key-unreadable');
    expect(host.connectionCount).toBe(0);
  });

  it('tells a peer that is no SSH server, or hangs up', async () => {
    const web = await aTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const closer = await aTcpServer((socket) => socket.destroy());
    const resetter = await aTcpServer((socket) => socket.resetAndDestroy());
    try {
      for (const { port } of [web, closer, resetter]) {
        await sshErrorOf(connect(loginTo({ address: '127.0.0.1', port })), 'other');
      }
    } finally {
      for (const { server } of [web, closer, resetter]) server.close();
    }
  });

  it.each(['silent', 'stuck-login', 'slow:60000'] as const)('ends at once when aborted: %s', async (fault) => {
    const host = await aFaultyHost(fault);
    const abort = new AbortController();
    const reason = new Error('enough');
    const connecting = connect(loginTo(host), { signal: abort.signal });
    setTimeout(() => abort.abort(reason), 100);
    const before = Date.now();
    await expect(connecting).rejects.toBe(reason);
    expect(Date.now() - before).toBeLessThan(500);
  });
});

describe('the host key', () => {
  it('is checked before any authentication, by a check that takes its time', async () => {
    const host = await aHost();
    const verifyHostKey = async (): Promise<boolean> => {
      // Long enough for a client that does not wait to have shown the password.
      await delay(150);
      expect(host.loginAttempts).toEqual([]);
      return false;
    };
    const error = await sshErrorOf(connect(loginTo(host), { verifyHostKey }), 'host-key-changed');
    expect(error.text.en).toContain('SHA256:');
    expect(host.connectionCount).toBe(1);
    expect(host.loginAttempts).toEqual([]);
  });

  it('is refused by anything but true', async () => {
    const host = await aHost();
    for (const answer of [undefined, null, 0, 1, 'yes', {}]) {
      const verifyHostKey = (): Promise<boolean> => Promise.resolve(answer as never);
      await sshErrorOf(connect(loginTo(host), { verifyHostKey }), 'host-key-changed');
    }
    expect(host.loginAttempts).toEqual([]);
  });

  it('is refused when the check itself fails, which is what the caller hears of', async () => {
    const host = await aHost();
    const failure = new Error('the database is down');
    await expect(connect(loginTo(host), { verifyHostKey: () => Promise.reject(failure) })).rejects.toBe(failure);
    expect(host.loginAttempts).toEqual([]);
  });

  it('must be of the pinned type', async () => {
    const host = await aHost();
    await sshErrorOf(connect(loginTo(host, { pinnedKeyType: 'ssh-rsa' })), 'host-key-changed');
    expect(host.loginAttempts).toEqual([]);
    await connect(loginTo(host, { pinnedKeyType: 'ssh-ed25519' }));
  });

  it('is the same at each start of a simulated host, unless that is its fault', async () => {
    const root = await mkdtemp(join(tmpdir(), 'ssh-connect-'));
    const shown: string[] = [];
    for (const faults of [[], [], ['key-change'], ['key-change']] as Fault[][]) {
      const host = await aHost({ root, faults });
      shown.push((await connect(loginTo(host))).hostKey.publicKey);
    }
    expect(shown[1]).toBe(shown[0]);
    expect(new Set(shown).size).toBe(3);
  });
});

describe('a session', () => {
  it('counts while it is open, and says when it is lost', async () => {
    const host = await aHost();
    const session = await connect(loginTo(host));
    host.resetConnections();
    await expect(session.closed).resolves.toMatchObject({ kind: 'lost' });
    await sshErrorOf(session.exec('true', patiently()), 'lost');
  });

  it('ends with null when we close it', async () => {
    const session = await connect(loginTo(await aHost()));
    await session.close();
    await session.close();
    await expect(session.closed).resolves.toBeNull();
  });
});
