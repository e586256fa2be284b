import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { type Duplex, finished } from 'node:stream';
import { promisify } from 'node:util';
import type { SshSession, SshTarget } from '../../src/ssh/ssh-session.js';
import { SshError } from '../../src/ssh/ssh.errors.js';
import { eventually } from '../support/eventually.js';
import { anUnansweringServer, type OddServer } from '../support/odd-servers.js';
import { makeKeyPair, startRealSshd, type RealSshd, type RealSshdOptions } from '../support/real-sshd.js';
import { closeSessions, connect, patiently, sshErrorOf } from '../support/ssh.js';

const ended = promisify(finished);
const LOOPBACK = '127.0.0.1';

let key: { privateKey: string; publicKey: string };
const servers: RealSshd[] = [];
const targets: Server[] = [];
const odd: OddServer[] = [];

/** An sshd that lets root in by our key. @param restrictions before the key in authorized_keys */
async function anSshd(options: RealSshdOptions = {}, restrictions = ''): Promise<RealSshd> {
  const sshd = await startRealSshd({ authorizedKeys: [`${restrictions}${key.publicKey}`], ...options });
  servers.push(sshd);
  return sshd;
}

function rootOf({ address, port }: RealSshd, changes: Partial<SshTarget> = {}): SshTarget {
  return { address, port, account: 'root', auth: { type: 'KEY', key: key.privateKey }, ...changes };
}

async function aTarget(onConnection: (socket: Duplex) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, LOOPBACK);
  targets.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** All that comes until the other side ends; the stream stays writable. */
async function all(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

/** What a stream broke of, once it is gone. */
async function breakOf(stream: Duplex): Promise<unknown> {
  stream.resume();
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  return stream.errored;
}

const through = (session: SshSession, port: number, options = patiently()): Promise<Duplex> =>
  session.forward(LOOPBACK, port, options);

beforeAll(async () => {
  key = await makeKeyPair('-t', 'ed25519');
});

afterEach(async () => {
  await closeSessions();
  await Promise.all(servers.splice(0).map((sshd) => sshd.stop()));
  await Promise.all(odd.splice(0).map((server) => server.stop()));
  for (const server of targets.splice(0)) server.close();
});

describe('a connection through a session', () => {
  it('carries a session with another host, end to end', async () => {
    const [door, host] = [await anSshd(), await anSshd()];
    const outer = await connect(rootOf(door));
    const inner = await connect(rootOf(host, { sock: await through(outer, host.port) }));
    expect(`${inner.hostKey.type} ${inner.hostKey.publicKey}`).toBe(await host.hostKey());
    const stdin = 'x'.repeat(3_000_000);
    const options = { ...patiently(), stdin, maxOutputBytes: 10_000_000 };
    await expect(inner.exec('cat', options)).resolves.toMatchObject({ code: 0, stdout: stdin, truncated: false });
    await inner.close();
    await expect(outer.exec('echo still here', patiently())).resolves.toMatchObject({ stdout: 'still here\n' });
  });

  it('does not lose what the target sent before it closed', async () => {
    const session = await connect(rootOf(await anSshd()));
    const sent = Buffer.alloc(5_000_000, 'data');
    const stream = await through(session, await aTarget((socket) => void socket.resume().end(sent)));
    expect((await all(stream)).equals(sent)).toBe(true);
    stream.end();
    await ended(stream);
    expect(stream.errored).toBeNull();
  });

  it('can be closed in one direction', async () => {
    const session = await connect(rootOf(await anSshd()));
    const port = await aTarget((socket) => void all(socket).then(({ length }) => socket.end(`${length} bytes`)));
    const stream = await through(session, port);
    stream.end(Buffer.alloc(300_000));
    expect((await all(stream)).toString()).toBe('300000 bytes');
  });

  it('is closed at once when we leave it, and at the target too', async () => {
    const session = await connect(rootOf(await anSshd()));
    let atTarget: Duplex | undefined;
    const stream = await through(session, await aTarget((socket) => (atTarget = socket.resume())));
    await eventually(() => atTarget !== undefined);
    stream.destroy();
    await ended(stream).catch(() => undefined);
    await eventually(() => atTarget?.readableEnded);
    await expect(session.exec('echo well', patiently())).resolves.toMatchObject({ stdout: 'well\n' });
  });

  it.each<[string, (sshd: RealSshd, session: SshSession) => void, string]>([
    ['the server dies', (sshd) => void sshd.kill(), 'lost'],
    ['its session is killed', (sshd) => sshd.breakSessions(), 'lost'],
    ['the server freezes', (sshd) => sshd.freeze(), 'silent'],
    ['we close the session', (_, session) => void session.close(), 'lost'],
  ])('breaks with the reason when %s', async (_, happen, kind) => {
    const sshd = await anSshd();
    const session = await connect(rootOf(sshd), { keepaliveIntervalMs: 200, keepaliveMisses: 2 });
    const port = await aTarget((socket) => socket.resume());
    const streams = [await through(session, port), await through(session, port)];
    happen(sshd, session);
    for (const stream of streams) {
      const reason = await breakOf(stream);
      expect(reason).toBeInstanceOf(SshError);
      expect(reason).toMatchObject({ kind });
    }
    await expect(through(session, port)).rejects.toMatchObject({ kind });
  });

  it('breaks even while nobody reads it', async () => {
    const sshd = await anSshd();
    const session = await connect(rootOf(sshd));
    const stream = await through(session, await aTarget((socket) => void socket.write(Buffer.alloc(9_000_000))));
    await eventually(() => stream.readableLength > 0 || stream.read() !== null);
    await sshd.kill();
    await eventually(() => stream.destroyed);
    expect(stream.errored).toMatchObject({ kind: 'lost' });
  });
});

describe('a connection that cannot be had', () => {
  it.each([
    ['AllowTcpForwarding no', ['AllowTcpForwarding no'], ''],
    ['DisableForwarding yes', ['DisableForwarding yes'], ''],
    ['PermitOpen', ['PermitOpen 192.0.2.1:22'], ''],
    ["the key's restrictions", [], 'restrict '],
  ])('is the fault of a host with %s', async (_, config, restrictions) => {
    const session = await connect(rootOf(await anSshd({ config }, restrictions)));
    const error = await sshErrorOf(through(session, await aTarget(() => {})), 'forward-refused');
    expect(error.text.en).toContain('administratively prohibited');
    expect(error.text.en).toContain('AllowTcpForwarding yes');
    expect(error.isPassing).toBe(false);
  });

  it('is the fault of a target that nobody listens at', async () => {
    const session = await connect(rootOf(await anSshd()));
    const error = await sshErrorOf(through(session, 1), 'forward-failed');
    expect(error.text.en).toContain('cannot connect to 127.0.0.1:1 (Connection refused');
    await expect(session.exec('echo well', patiently())).resolves.toMatchObject({ stdout: 'well\n' });
  });

  it('is given up when the target does not answer', async () => {
    const silent = await anUnansweringServer(LOOPBACK);
    odd.push(silent);
    const session = await connect(rootOf(await anSshd()));
    const error = await sshErrorOf(
      through(session, silent.port, { ...patiently(), timeoutMs: 200 }),
      'connect-timeout',
    );
    expect(error.text.en).toContain(`did not connect to 127.0.0.1:${silent.port} within 0.2 s`);
  });

  it('is given up when it is not wanted any more', async () => {
    const silent = await anUnansweringServer(LOOPBACK);
    odd.push(silent);
    const session = await connect(rootOf(await anSshd()));
    const cancel = new AbortController();
    const opening = through(session, silent.port, { signal: cancel.signal, timeoutMs: 20_000 });
    cancel.abort(new Error('not wanted'));
    await expect(opening).rejects.toThrow('not wanted');
    await expect(through(session, 1, { signal: cancel.signal, timeoutMs: 1 })).rejects.toThrow('not wanted');
  });

  it('fails with the session', async () => {
    const silent = await anUnansweringServer(LOOPBACK);
    odd.push(silent);
    const sshd = await anSshd();
    const session = await connect(rootOf(sshd));
    const opening = through(session, silent.port);
    sshd.breakSessions();
    await sshErrorOf(opening, 'lost');
  });
});

it('lets a key through that may do nothing else', async () => {
  const sshd = await anSshd({}, 'restrict,port-forwarding,command="/bin/false" ');
  const session = await connect(rootOf(sshd));
  const stream = await through(session, await aTarget((socket) => void socket.end('hello')));
  expect((await all(stream)).toString()).toBe('hello');
  await expect(session.exec('id', patiently())).resolves.toMatchObject({ code: 1, stdout: '' });
});
