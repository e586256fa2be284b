import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { AUTHORIZED_KEYS_FILE } from '../../src/simulator/authorized-keys.js';
import { startFleet, type Fleet } from '../../src/simulator/fleet.js';
import { fleetAddress } from '../../src/simulator/loopback.js';
import type { SimulatedHost, SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import { eventually } from '../support/eventually.js';
import { makeKeyPair } from '../support/real-sshd.js';

let folder: string;
const fleets: Fleet[] = [];
const clients: Client[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-forwards-'));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(fleets.splice(0).map((fleet) => fleet.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function aHost(options: Partial<SimulatedHostOptions> = {}): Promise<SimulatedHost> {
  const address = fleetAddress(1_000 + fleets.length);
  const own = { address, port: 0, account: 'root', password: 'pw', root: join(folder, address) };
  const fleet = await startFleet({ hosts: [{ ...own, ...options }] });
  fleets.push(fleet);
  return fleet.hosts[0]!;
}

async function loginTo(
  { address, port }: SimulatedHost,
  login: ssh2.ConnectConfig = { password: 'pw' },
): Promise<Client> {
  const client = new ssh2.Client();
  clients.push(client);
  client.on('error', () => undefined).connect({ host: address, port, username: 'root', ...login });
  await once(client, 'ready');
  return client;
}

function through(client: Client, address: string, port: number): Promise<ClientChannel> {
  return new Promise((resolve, reject) =>
    client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => (error ? reject(error) : resolve(channel))),
  );
}

function exec(client: Client, command: string): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let stdout = '';
      channel.on('data', (chunk: Buffer) => (stdout += String(chunk))).stderr.resume();
      channel.on('exit', (code: number) => channel.on('close', () => resolve({ code, stdout })));
    }),
  );
}

async function trust(host: SimulatedHost, ...lines: string[]): Promise<void> {
  const file = join(host.root, AUTHORIZED_KEYS_FILE);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
}

/** Answers each line with what it was told, and who told it. */
async function anEcho(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write(`${socket.remoteAddress}\n`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

describe('a simulated host that forwards', () => {
  it('connects for its clients, from its own address, and carries everything both ways', async () => {
    const [host, echo] = [await aHost({ forwards: true }), await anEcho()];
    const channel = await through(await loginTo(host), '127.0.0.1', portOf(echo));
    const sent = Buffer.alloc(5_000_000, 'words ');
    let heard = '';
    channel.on('data', (chunk: Buffer) => (heard += String(chunk)));
    channel.end(sent);
    await once(channel, 'close');
    expect(heard === `${host.address}\n${String(sent)}`).toBe(true);
    expect(host.forwards.asked).toEqual([`127.0.0.1:${portOf(echo)}`]);
    echo.close();
  });

  it('is the only way to a host that takes connections from nobody else', async () => {
    const door = await aHost({ forwards: true });
    const behind = await aHost({ reachableFrom: [door.address] });
    await expect(loginTo(behind)).rejects.toThrow(/ECONNRESET|before handshake/);
    const sock = await through(await loginTo(door), behind.address, behind.port);
    const client = await loginTo(behind, { sock, password: 'pw' });
    expect((await exec(client, 'pwd')).stdout).toBe(`${behind.root}\n`);
    expect(behind.peers).toEqual(new Set(['127.0.0.1', door.address]));
  });

  it('counts what is open, and forgets what its client left behind', async () => {
    const [host, echo] = [await aHost({ forwards: true }), await anEcho()];
    const client = await loginTo(host);
    await Promise.all([1, 2, 3].map(() => through(client, '127.0.0.1', portOf(echo))));
    await through(await loginTo(host), '127.0.0.1', portOf(echo));
    expect([host.forwards.open, host.forwards.mostOfOneClient]).toEqual([4, 3]);
    client.end();
    await eventually(() => host.forwards.open === 1);
    await host.disconnect();
    await eventually(() => host.forwards.open === 0);
    echo.close();
  });

  it('tells a connection that failed from one that is forbidden', async () => {
    const echo = await anEcho();
    const [open, strict, none] = [
      await aHost({ forwards: true }),
      await aHost({ forwards: true, faults: ['forward-refused'] }),
      await aHost(),
    ];
    const reasonOf = async (host: SimulatedHost, address: string, port: number) =>
      through(await loginTo(host), address, port).then(
        () => 'open',
        (error: { reason: number }) => error.reason,
      );
    expect(await reasonOf(open, '127.0.0.1', 1)).toBe(2);
    expect(await reasonOf(open, '192.0.2.1', 80)).toBe(2);
    for (const host of [strict, none]) expect(await reasonOf(host, '127.0.0.1', portOf(echo))).toBe(1);
    echo.close();
  });
});

describe('keys in the authorized_keys of a simulated host', () => {
  it('open the door while they are there, and do what their options say', async () => {
    const [{ privateKey, publicKey }, other] = [await makeKeyPair('-t', 'ed25519'), await makeKeyPair('-t', 'ed25519')];
    const [host, echo] = [await aHost({ forwards: true }), await anEcho()];
    await expect(loginTo(host, { privateKey })).rejects.toThrow(/authentication/);

    await trust(
      host,
      '# keys',
      'nonsense',
      `restrict,port-forwarding,command="/bin/false" ${publicKey.trim()} nodeman`,
    );
    const client = await loginTo(host, { privateKey });
    expect(await exec(client, 'echo in')).toEqual({ code: 1, stdout: '' });
    const channel = await through(client, '127.0.0.1', portOf(echo));
    channel.destroy();
    await expect(loginTo(host, { privateKey: other.privateKey })).rejects.toThrow(/authentication/);

    await trust(host, `restrict ${publicKey.trim()}`);
    await expect(through(await loginTo(host, { privateKey }), '127.0.0.1', portOf(echo))).rejects.toMatchObject({
      reason: 1,
    });
    await trust(host, publicKey.trim());
    expect((await exec(await loginTo(host, { privateKey }), 'echo in')).stdout).toBe('in\n');
    await trust(host);
    await expect(loginTo(host, { privateKey })).rejects.toThrow(/authentication/);
    echo.close();
  });
});
