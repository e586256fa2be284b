import { ProxiesService } from '../../src/proxies/proxies.service.js';
import { ServerKeyService } from '../../src/proxies/server-key.service.js';
import { Text } from '../../src/common/i18n/text.js';
import type { Host } from '../../src/hosts/host.entity.js';
import { DoorWorld } from '../support/doors.js';
import { eventually } from '../support/eventually.js';
import { aBusiness, aCloud, aHost, POOL } from '../support/factories.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

let database: TestDatabase;
let world: DoorWorld;
let proxies: ProxiesService;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await DoorWorld.open({ databaseUrl: database.url, proxyPort: 18_000 });
  proxies = world.get(ProxiesService);
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

const aProxyHost = (cloudId: number, row: Partial<Host> = {}) =>
  aHost(world.dataSource, { cloudId, nodeType: 'PROXY', agentStatus: 'RUNNING', ...row });
const install = ({ id }: Host, account = 'root') => proxies.markInstalled(world.dataSource.manager, id, account);
const DOWN = new Text('不可用', 'it is down');

describe("the server's key", () => {
  it('is made once, whoever asks first, and sealed', async () => {
    const other = await DoorWorld.open({ databaseUrl: database.url });
    const services = [world, other].map((each) => each.get(ServerKeyService));
    const keys = await Promise.all(Array.from({ length: 8 }, (_, index) => services[index % 2]!.get()));
    await other.close();
    expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(1);
    expect(keys[0]).toEqual({
      publicKey: expect.stringMatching(/^ssh-ed25519 AAAA\S+$/),
      privateKey: expect.stringMatching(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/),
    });
    const rows = await world.dataSource.query('SELECT * FROM server_keys');
    expect(rows).toHaveLength(1);
    expect(rows[0].ciphertext.includes('OPENSSH')).toBe(false);
  });
});

describe('the proxies of a cloud', () => {
  it('are those of the business, the usable ones first', async () => {
    const { id } = await aCloud(world.dataSource);
    const elsewhere = await aCloud(world.dataSource);
    const down = await aProxyHost(id, { account: 'ops', port: 2222, outerIp: '203.0.113.7' });
    const silent = await aProxyHost(id, { agentStatus: 'TERMINATED' });
    const untried = await aProxyHost(id, { account: 'ops' });
    const well = await aProxyHost(id, { account: 'changed' });
    await Promise.all([install(down, 'auto'), install(silent), install(well, 'root')]);
    await proxies.markDown(down.id, DOWN);
    await aProxyHost(elsewhere.id);
    await aProxyHost(id, { removedAt: new Date() });
    await aProxyHost(id, { isCandidate: true });
    await aProxyHost(id, { agentStatus: 'TERMINATED' });
    await aProxyHost(id, { businessId: (await aBusiness(world.dataSource)).id });
    await aHost(world.dataSource, { cloudId: id, nodeType: 'PAGENT', agentStatus: 'RUNNING' });
    const found = await proxies.of(POOL, id);
    expect(found.map(({ hostId, account, isUsable }) => [hostId, account, isUsable])).toEqual([
      [untried.id, 'ops', true],
      [well.id, 'root', true],
      [down.id, 'auto', false],
      [silent.id, 'root', false],
    ]);
    expect(found[2]).toEqual({
      ...{ hostId: down.id, cloudId: id, innerIp: down.innerIp, outerIp: '203.0.113.7', port: 2222 },
      ...{ account: 'auto', isUsable: false },
    });
  });

  it('serve their area where they are installed, usable ones first', async () => {
    const { id } = await aCloud(world.dataSource);
    expect(await proxies.areaServers(POOL, id)).toEqual([]);
    const first = await aProxyHost(id, { innerIp: '10.7.0.1' });
    const second = await aProxyHost(id, { innerIp: 'fd00::7' });
    await aProxyHost(id, { innerIp: '10.7.0.3' });
    await Promise.all([install(first), install(second)]);
    expect(await proxies.areaServers(POOL, id)).toEqual(['10.7.0.1:18000', '[fd00::7]:18000']);
    await proxies.markDown(first.id, DOWN);
    expect(await proxies.areaServers(POOL, id)).toEqual(['[fd00::7]:18000', '10.7.0.1:18000']);
    await proxies.forget(world.dataSource.manager, first.id);
    expect(await proxies.areaServers(POOL, id)).toEqual(['[fd00::7]:18000']);
  });
});

describe('the state of a proxy', () => {
  it('keeps why it is down until it is up', async () => {
    const host = await aProxyHost((await aCloud(world.dataSource)).id);
    await install(host);
    expect(await world.rowOf(host)).toMatchObject({ sshStatus: 'UP', sshError: null, checkedAt: expect.any(Date) });
    await proxies.markDown(host.id, DOWN);
    expect(await world.rowOf(host)).toMatchObject({ sshStatus: 'DOWN', sshError: { zh: '不可用', en: 'it is down' } });
    await proxies.markUp(host.id);
    expect(await world.rowOf(host)).toMatchObject({ sshStatus: 'UP', sshError: null });
    await proxies.markDown(host.id, DOWN);
    await install(host, 'ops');
    expect(await world.rowOf(host)).toMatchObject({ sshStatus: 'UP', sshError: null, account: 'ops' });
  });

  it('is not made up for a host that is none', async () => {
    const host = await aProxyHost((await aCloud(world.dataSource)).id);
    await proxies.markDown(host.id, DOWN);
    await proxies.markBroken(host.id, DOWN);
    await proxies.markUp(host.id);
    expect(await world.rowOf(host)).toBeNull();
    expect(await world.viewOf(host)).toMatchObject({ isUsable: true });
  });

  it('is looked at by one worker at a time, when its time has come', async () => {
    const { id } = await aCloud(world.dataSource);
    const hosts = await Promise.all(Array.from({ length: 20 }, () => aProxyHost(id)));
    await Promise.all(hosts.map((host) => install(host)));
    const takes = await Promise.all(Array.from({ length: 6 }, () => proxies.takeDue(100, 60)));
    const mine = new Set(hosts.map((host) => host.id).sort((a, b) => a - b));
    const taken = takes.flat().filter(({ hostId }) => mine.has(hostId));
    expect(taken.map(({ hostId }) => hostId).sort((a, b) => a - b)).toEqual([...mine]);
    expect(await proxies.takeDue(100, 60)).toEqual([]);
    await proxies.markDown(hosts[0]!.id, DOWN);
    expect(await proxies.takeDue(100, 60)).toEqual([]);
    await proxies.markBroken(hosts[0]!.id, DOWN);
    expect(await proxies.takeDue(100, 60)).toEqual([await world.viewOf(hosts[0]!)]);
  });
});

describe('workers', () => {
  it('find out within a heartbeat interval that a proxy is gone, and that it is back', async () => {
    const probing = await DoorWorld.open(
      { databaseUrl: database.url, heartbeatIntervalSeconds: 2 },
      { withProbe: true },
    );
    try {
      const door = await probing.aDoor();
      const other = await probing.aDoor({ config: ['AllowTcpForwarding no'] });
      const statusOf = async (host: Host) => (await probing.rowOf(host))?.sshStatus;
      await eventually(async () => (await statusOf(other.host)) === 'DOWN');
      expect((await probing.rowOf(other.host))?.sshError?.en).toContain('administratively prohibited');
      const before = (await probing.rowOf(door.host))?.checkedAt;
      await eventually(async () => ((await probing.rowOf(door.host))?.checkedAt ?? 0) > before!);
      expect(await statusOf(door.host)).toBe('UP');
      await proxies.markDown(door.host.id, DOWN);
      await eventually(async () => (await statusOf(door.host)) === 'UP', { timeoutMs: 4_000 });
      await door.sshd.kill();
      await eventually(async () => (await statusOf(door.host)) === 'DOWN', { timeoutMs: 4_000 });
      expect((await probing.rowOf(door.host))?.sshError?.zh).toContain('拒绝了连接');
    } finally {
      await probing.close();
    }
    expect(probing.ssh.openSessions).toBe(0);
  });

  it('do not let one that is silent keep the others waiting', async () => {
    const limits = { heartbeatIntervalSeconds: 12, sshLoginTimeoutSeconds: 300 };
    const probing = await DoorWorld.open({ databaseUrl: database.url, ...limits }, { withProbe: true });
    try {
      const [silent, door] = [await probing.aDoor(), await probing.aDoor()];
      silent.sshd.freeze();
      await proxies.markBroken(silent.host.id, DOWN);
      await eventually(async () => ((await probing.rowOf(silent.host))?.checkDueAt ?? 0) > new Date());
      await proxies.markBroken(door.host.id, DOWN);
      await eventually(async () => (await probing.rowOf(door.host))?.sshStatus === 'UP');
      const wordsOfSilent = async () => (await probing.rowOf(silent.host))?.sshError?.en;
      expect(await wordsOfSilent()).toBe('it is down');
      await eventually(async () =>
        (await wordsOfSilent())?.includes('did not let the server in and through within 5 s'),
      );
    } finally {
      await probing.close();
    }
  });
});
