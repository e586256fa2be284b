import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { Fault } from '../../src/simulator/faults.js';
import { startFleet, type Fleet } from '../../src/simulator/fleet.js';
import { HostKey } from '../../src/ssh/host-key.entity.js';
import { HostKeysService, type HostKeyPlace } from '../../src/ssh/host-keys.service.js';
import type { PresentedHostKey, SshSession } from '../../src/ssh/ssh-session.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { closeSessions, connect, sshErrorOf } from '../support/ssh.js';

const ONE: PresentedHostKey = { type: 'ssh-ed25519', publicKey: 'AAAAone', fingerprint: 'SHA256:one' };
const OTHER: PresentedHostKey = { type: 'ssh-ed25519', publicKey: 'AAAAother', fingerprint: 'SHA256:other' };

let database: TestDatabase;
let dataSource: DataSource;
let keys: HostKeysService;
let nextAddress = 1;

const aPlace = (): HostKeyPlace => ({ cloudId: 0, address: `192.0.2.${nextAddress++}`, port: 22 });

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url, entities: [HostKey] }).initialize();
  keys = new HostKeysService(dataSource.getRepository(HostKey));
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

describe('host keys', () => {
  it('pin at first sight, and hold to it', async () => {
    const place = aPlace();
    expect(await keys.find(place.cloudId, place.address, place.port)).toBeNull();
    expect(await keys.trustFirst(place, ONE, 7)).toBe(true);
    expect(await keys.trustFirst(place, ONE, 8)).toBe(true);
    expect(await keys.trustFirst(place, OTHER, 9)).toBe(false);
    const pinned = await keys.find(place.cloudId, place.address, place.port);
    expect(pinned).toMatchObject({
      keyType: 'ssh-ed25519',
      publicKey: 'AAAAone',
      fingerprint: 'SHA256:one',
      firstRunId: 7,
    });
  });

  it('let one of two first connections at once win', async () => {
    const place = aPlace();
    const shown = Array.from({ length: 8 }, (_, index) => (index % 2 ? ONE : OTHER));
    const answers = await Promise.all(shown.map((key) => keys.trustFirst(place, key, null)));
    const pinned = await keys.find(place.cloudId, place.address, place.port);
    expect(answers).toEqual(shown.map(({ publicKey }) => publicKey === pinned?.publicKey));
  });

  it('are apart by cloud, address and port, and know an address however it is written', async () => {
    const place = { cloudId: 0, address: '2001:db8::1', port: 22 };
    await keys.trustFirst(place, ONE, null);
    expect(await keys.trustFirst({ ...place, port: 2222 }, OTHER, null)).toBe(true);
    expect(await keys.trustFirst({ ...place, cloudId: 5 }, OTHER, null)).toBe(true);
    expect(await keys.trustFirst({ ...place, address: '2001:0DB8:0::1' }, OTHER, null)).toBe(false);
    expect((await keys.list(0, '2001:db8::1')).map(({ port }) => port)).toEqual([22, 2222]);
    expect(await keys.list(5)).toHaveLength(1);
  });

  it('can be forgotten, on all ports of an address', async () => {
    const place = aPlace();
    await keys.trustFirst(place, ONE, null);
    await keys.trustFirst({ ...place, port: 2222 }, ONE, null);
    expect(await keys.forget(place.cloudId, place.address)).toBe(2);
    expect(await keys.forget(place.cloudId, place.address)).toBe(0);
    expect(await keys.trustFirst(place, OTHER, null)).toBe(true);
  });
});

describe('connecting with pinned keys', () => {
  let root: string;
  let fleet: Fleet;

  async function restart(...faults: Fault[]): Promise<void> {
    const port = fleet?.hosts[0]?.port ?? 0;
    await fleet?.stop();
    fleet = await startFleet({
      hosts: [{ address: '127.0.0.1', port, account: 'root', password: 'pw', root, faults }],
    });
  }

  async function login(): Promise<SshSession> {
    const { address, port } = fleet.hosts[0]!;
    const { pinnedKeyType, verifyHostKey } = await keys.check({ cloudId: 0, address, port }, 1);
    const target = { address, port, account: 'root', auth: { type: 'PASSWORD', password: 'pw' } } as const;
    return connect({ ...target, ...(pinnedKeyType && { pinnedKeyType }) }, { verifyHostKey });
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ssh-host-keys-'));
  });

  afterEach(async () => {
    await closeSessions();
    await fleet.stop();
    await rm(root, { recursive: true, force: true });
  });

  it('goes on with the same key, and stops at another one before any authentication', async () => {
    await restart();
    const first = await login();
    await restart();
    await login();
    await restart('key-change');
    const error = await sshErrorOf(login(), 'host-key-changed');
    expect(error.text.en).toContain(`pinned ssh-ed25519 ${first.hostKey.fingerprint}, now ssh-ed25519 SHA256:`);
    expect(fleet.hosts[0]!.connectionCount).toBe(1);
    expect(fleet.hosts[0]!.loginAttempts).toEqual([]);
    const { address } = fleet.hosts[0]!;
    await keys.forget(0, address);
    await login();
  });
});
