import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { failureOf, ProxyFailedError } from '../../src/proxies/proxy-failed.error.js';
import { ProxyLines } from '../../src/proxies/proxy-lines.js';
import type { SshErrorKind } from '../../src/ssh/ssh.errors.js';
import { type Door, DoorWorld } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { aHostKey } from '../support/factories.js';
import { anUnansweringServer } from '../support/odd-servers.js';
import { makeKeyPair, startRealSshd } from '../support/real-sshd.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { closeSessions, connect, patiently, sshErrorOf } from '../support/ssh.js';

const LOOPBACK = '127.0.0.1';

let database: TestDatabase;
let world: DoorWorld;
let lines: ProxyLines;
let target: Server;
/** Where something listens that says again what it hears. */
let port: number;

beforeAll(async () => {
  database = await createTestDatabase();
  target = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, LOOPBACK);
  await once(target, 'listening');
  ({ port } = target.address() as AddressInfo);
});
beforeEach(async () => {
  world = await DoorWorld.open({ databaseUrl: database.url, sshSilenceTimeoutSeconds: 3 });
  lines = world.get(ProxyLines);
});
afterEach(async () => {
  await closeSessions();
  await world.close();
  expect(world.ssh.openSessions).toBe(0);
});
afterAll(async () => {
  target.close();
  await database.drop();
});

const open = ({ view }: Door, to = port, limits = patiently()) => lines.open(view, LOOPBACK, to, limits);
const many = (count: number, door: Door) => Promise.all(Array.from({ length: count }, () => open(door)));

/** What a promise rejects with, which must blame the proxy for a failure of this kind. */
async function blameOf(promise: Promise<unknown>, kind: SshErrorKind): Promise<ProxyFailedError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProxyFailedError)) throw error;
  expect(error.cause.kind).toBe(kind);
  return error;
}

describe('a way through a proxy', () => {
  it('leads to the SSH of a host behind it, by a key that can do nothing else', async () => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const host = await startRealSshd({ authorizedKeys: [publicKey] });
    world.sshds.push(host);
    const door = await world.aDoor();
    const sock = await open(door, host.port);
    const session = await connect({
      ...{ address: host.address, port: host.port, account: 'root', sock },
      auth: { type: 'KEY', key: privateKey },
    });
    await expect(session.exec('id -u', patiently())).resolves.toMatchObject({ stdout: '0\n' });
    expect(lines.load(door.view.hostId)).toBe(1);
    await session.close();
    await eventually(() => lines.load(door.view.hostId) === 0);
    expect(door.sshd.log).toContain('Accepted publickey for root');
  });

  it('is one of a hundred over thirteen connections, logged in to by two at a time', async () => {
    const door = await world.aDoor({ config: ['MaxStartups 3', 'MaxSessions 1'] });
    const streams = await many(100, door);
    expect(lines.load(door.view.hostId)).toBe(100);
    expect([world.ssh.attempts, world.ssh.mostAtOnce, world.ssh.openSessions]).toEqual([13, 2, 13]);
    expect(door.sshd.log).not.toMatch(/drop connection|MaxStartups|no more sessions/i);
    for (const stream of streams) stream.destroy();
    await eventually(() => lines.load(door.view.hostId) === 0);
    await many(8, door);
    expect(world.ssh.attempts).toBe(13);
  });

  it('is found for each of five hundred hosts at once, within what sshd allows by default', async () => {
    const door = await world.aDoor();
    let most = 0;
    const visit = async () => {
      const stream = await open(door);
      most = Math.max(most, world.ssh.openSessions);
      stream.write('hello');
      const [answer] = (await once(stream, 'data')) as [Buffer];
      stream.destroy();
      return answer.toString();
    };
    const answers = await Promise.all(Array.from({ length: 500 }, visit));
    expect(answers).toEqual(Array(500).fill('hello'));
    expect(most).toBeLessThanOrEqual(32);
    expect(world.ssh.mostAtOnce).toBe(2);
    expect(door.sshd.log).not.toMatch(/drop connection|MaxStartups|no more sessions/i);
  });

  it('is not closed by those who leave others', async () => {
    const door = await world.aDoor();
    const [first, second] = (await many(2, door)) as [Duplex, Duplex];
    first.destroy();
    await once(first, 'close');
    expect(await lines.isAlive(door.view, patiently().signal)).toBe(true);
    expect([second.destroyed, world.ssh.attempts]).toEqual([false, 1]);
  });
});

describe('a proxy that dies', () => {
  it('breaks all that goes through it, counts as down at once, and is taken back when it is well', async () => {
    const door = await world.aDoor();
    const streams = await many(20, door);
    door.sshd.breakSessions();
    await Promise.all(streams.map((stream) => eventually(() => stream.closed)));
    for (const stream of streams) expect(failureOf(door.view, stream)).toMatchObject({ cause: { kind: 'lost' } });
    await eventually(async () => (await world.rowOf(door.host))?.sshStatus === 'DOWN');
    expect((await world.rowOf(door.host))?.sshError?.en).toContain('was lost');
    expect(await world.viewOf(door.host)).toMatchObject({ isUsable: false });
    expect(lines.load(door.view.hostId)).toBe(0);
    await expect(open(door)).resolves.toBeDefined();
    await eventually(async () => (await world.rowOf(door.host))?.sshStatus === 'UP');
  });

  it('is to blame for what it does not let through any more', async () => {
    const door = await world.aDoor();
    const stream = await open(door);
    await door.sshd.kill();
    await eventually(() => stream.closed);
    await blameOf(open(door), 'refused');
    expect(await lines.isAlive(door.view, patiently().signal)).toBe(false);
    await eventually(async () => (await world.rowOf(door.host))?.sshError?.en.includes('refused the connection'));
  });

  it('is found out by its silence', async () => {
    const silent = await anUnansweringServer(LOOPBACK);
    try {
      const door = await world.aDoor();
      const stream = await open(door);
      door.sshd.freeze();
      // Which of the two is silent is not known yet: the proxy is asked.
      await blameOf(open(door, silent.port, { ...patiently(), timeoutMs: 200 }), 'connect-timeout');
      await eventually(() => stream.closed);
      expect(failureOf(door.view, stream)).toMatchObject({ cause: { kind: 'silent' } });
    } finally {
      await silent.stop();
    }
  });
});

describe('who is to blame', () => {
  it('is the target where nobody listens', async () => {
    await sshErrorOf(open(await world.aDoor(), 1), 'forward-failed');
  });

  it('is the target that does not answer, while the proxy does', async () => {
    const silent = await anUnansweringServer(LOOPBACK);
    try {
      const door = await world.aDoor();
      await sshErrorOf(open(door, silent.port, { ...patiently(), timeoutMs: 200 }), 'connect-timeout');
      expect(lines.load(door.view.hostId)).toBe(0);
    } finally {
      await silent.stop();
    }
  });

  it('is the proxy that does not forward', async () => {
    const door = await world.aDoor({ config: ['AllowTcpForwarding no'] });
    await blameOf(open(door), 'forward-refused');
    expect(await lines.isAlive(door.view, patiently().signal)).toBe(false);
    await sshErrorOf(lines.check(door.view, patiently().signal), 'forward-refused');
  });

  it('is the proxy that does not know our key', async () => {
    const door = await world.aDoor({ authorizedKeys: [] });
    const error = await blameOf(open(door), 'key-refused');
    expect(error.text.en).toContain('refused key ssh-ed25519');
    await eventually(async () => (await world.rowOf(door.host))?.sshStatus === 'DOWN');
  });

  it('is the proxy that shows another host key than at its installation', async () => {
    const door = await world.aDoor();
    await aHostKey(world.dataSource, door.host);
    await blameOf(open(door), 'host-key-changed');
    expect(door.sshd.log).not.toContain('for root');
  });

  it('is our own key where it was sealed under another SECRET_KEY', async () => {
    const door = await world.aDoor();
    const other = await DoorWorld.open({ databaseUrl: database.url, secretKey: 'another secret key, long enough' });
    const opening = other.get(ProxyLines).open(door.view, LOOPBACK, port, patiently());
    const error = await blameOf(opening, 'key-unreadable');
    expect(error.text.en).toContain('another SECRET_KEY');
    await other.close();
  });
});

describe('whether a proxy is alive', () => {
  it('is asked over what is there, by all at once', async () => {
    const door = await world.aDoor();
    const { signal } = patiently();
    const answers = await Promise.all(Array.from({ length: 50 }, () => lines.isAlive(door.view, signal)));
    expect([new Set(answers), world.ssh.attempts]).toEqual([new Set([true]), 1]);
    await open(door);
    await lines.isAlive(door.view, signal);
    expect(world.ssh.attempts).toBe(2);
  });

  it('is not waited for by those who are stopped', async () => {
    const door = await world.aDoor();
    door.sshd.freeze();
    const cancel = new AbortController();
    const asking = lines.isAlive(door.view, cancel.signal);
    cancel.abort(new Error('not wanted'));
    await expect(asking).rejects.toThrow('not wanted');
    await expect(lines.isAlive(door.view, cancel.signal)).rejects.toThrow('not wanted');
  });
});

it('leaves nothing open when it is closed, and lets nobody in any more', async () => {
  const door = await world.aDoor();
  const streams = await many(9, door);
  const others = Promise.allSettled(Array.from({ length: 300 }, () => open(door)));
  await lines.close();
  expect(world.ssh.openSessions).toBe(0);
  expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
  // Some found room before the end.
  expect((await others).filter((each) => each.status === 'fulfilled' && !each.value.destroyed)).toEqual([]);
  await expect(open(door)).rejects.toThrow('shutting down');
  await eventually(() => /Received disconnect|Connection closed|Disconnected/.test(door.sshd.log));
});
