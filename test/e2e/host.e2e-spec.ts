import type { Host } from '../../src/hosts/host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aHost, aHostKey, aModule, aSet, POOL } from '../support/factories.js';

let api: TestApi;
/** A business of its own for each test, so that counts are its own too. */
let biz: number;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  biz = (await aBusiness(api.dataSource)).id;
});

const hostOf = (overrides: Partial<Host> = {}) => aHost(api.dataSource, { businessId: biz, ...overrides });

describe('one host', () => {
  it('is told as in the list', async () => {
    const host = await hostOf();
    const { status, body } = await api.admin.get(`/api/${biz}/hosts/${host.id}/`);
    expect(status).toBe(200);
    expect(body.data).toEqual((await api.admin.get(`/api/${biz}/hosts/`)).body.data.items[0]);
  });

  it('does not exist when it is of another business, removed, or no id at all', async () => {
    const removed = await hostOf({ removedAt: new Date() });
    const foreign = await aHost(api.dataSource);
    for (const id of [removed.id, foreign.id, 2_000_000_000, 0, -1, 'abc', '99999999999', '1e3']) {
      const { status, body } = await api.admin.get(`/api/${biz}/hosts/${id}/`);
      expect([status, body.code, body.data]).toEqual([404, 'OBJECT_NOT_EXIST', null]);
    }
  });
});

describe('GET host_status', () => {
  const statusOf = (hostIds: string) =>
    api.admin.get(`/api/${biz}/host_status/?${new URLSearchParams({ host_ids: hostIds }).toString()}`);

  it('tells the elements of the hosts that the business has', async () => {
    const [host, other] = [await hostOf({ agentStatus: 'RUNNING', agentVersion: '1.0.0' }), await hostOf()];
    const foreign = await aHost(api.dataSource);
    const removed = await hostOf({ removedAt: new Date() });
    const { body } = await statusOf(`${other.id}, ,${host.id},${host.id},${foreign.id},${removed.id},999999999999,`);
    expect(body.data).toEqual([
      {
        ...{ name: 'nodeman-agent', type: 'agent', status: 'RUNNING', version: '1.0.0' },
        ...{ host_id: host.id, update_time: null },
      },
      expect.objectContaining({ host_id: other.id, status: 'UNKNOWN', version: '--' }),
    ]);
  });

  it('refuses what are no ids, none, and too many', async () => {
    for (const hostIds of ['abc', '1,x', '1.5', '', Array.from({ length: 2_001 }, (_, n) => n + 1).join()]) {
      const { status, body } = await statusOf(hostIds);
      expect([status, Object.keys(body.messages)]).toEqual([400, ['host_ids']]);
    }
    expect((await statusOf(Array.from({ length: 2_000 }, (_, n) => n + 900_000).join())).body.data).toEqual([]);
  });
});

describe('host keys', () => {
  it('are listed and forgotten, on all ports of the host', async () => {
    const host = await hostOf();
    const key = await aHostKey(api.dataSource, host);
    await aHostKey(api.dataSource, { ...host, port: 2222 });
    const other = await aHostKey(api.dataSource, await hostOf());
    const path = `/api/${biz}/hosts/${host.id}/host_keys/`;
    const { body } = await api.admin.get(path);
    expect(body.data).toHaveLength(2);
    expect(body.data[0]).toEqual({
      ...{ bk_cloud_id: '0', address: host.innerIp, port: 22, key_type: 'ssh-ed25519' },
      ...{ fingerprint: key.fingerprint, public_key: key.publicKey, first_seen_time: key.firstSeenAt.toISOString() },
    });
    expect((await api.admin.delete(path)).body.data).toEqual({ forgotten: 2 });
    expect((await api.admin.get(path)).body.data).toEqual([]);
    expect((await api.admin.delete(path)).body.data).toEqual({ forgotten: 0 });
    expect(await api.dataSource.query('SELECT id FROM host_keys WHERE id = $1', [other.id])).toHaveLength(1);
  });

  it('of foreign hosts do not exist, and viewers cannot forget any', async () => {
    const [foreign, host] = [await aHost(api.dataSource), await hostOf()];
    const viewer = await api.userWith({ [biz]: 'viewer' });
    expect((await api.admin.get(`/api/${biz}/hosts/${foreign.id}/host_keys/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.delete(`/api/${biz}/hosts/${foreign.id}/host_keys/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await viewer.get(`/api/${biz}/hosts/${host.id}/host_keys/`)).status).toBe(200);
    expect((await viewer.delete(`/api/${biz}/hosts/${host.id}/host_keys/`)).body.code).toBe('PERMISSION_DENIED');
  });
});

describe('removed hosts', () => {
  const anHour = 3_600_000;
  const removedHost = (hoursAgo = 1, overrides: Partial<Host> = {}) =>
    hostOf({ removedAt: new Date(Date.now() - hoursAgo * anHour), ...overrides });
  const restore = (hostId: number, client = api.admin) => client.post(`/api/${biz}/hosts/${hostId}/restore/`);

  it('are listed for a day, last removed first', async () => {
    const [earlier, later] = [await removedHost(23), await removedHost(1)];
    await removedHost(25);
    await hostOf();
    const { body } = await api.admin.get(`/api/${biz}/hosts/removed/`);
    expect(body.data).toMatchObject({ count: 2, page: 1 });
    expect(body.data.items.map(({ id }: Host) => id)).toEqual([later.id, earlier.id]);
    expect(body.data.items[0]).toMatchObject({
      removed_time: later.removedAt!.toISOString(),
      restorable_until: new Date(later.removedAt!.getTime() + 24 * anHour).toISOString(),
    });
  });

  it('come back, into the CMDB too', async () => {
    const set = await aSet(api.dataSource, { businessId: biz, isIdlePool: true });
    const landing = await aModule(api.dataSource, set, { isLanding: true });
    const host = await removedHost();
    const { status, body } = await restore(host.id);
    expect([status, body.data.id]).toEqual([200, host.id]);
    const inLanding = await api.admin.get(`/api/${biz}/hosts/?bk_module_id=${landing.id}`);
    expect(inLanding.body.data.items).toMatchObject([{ id: host.id }]);
    expect((await restore(host.id)).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('do not when another business has the address now', async () => {
    const host = await removedHost();
    await aHost(api.dataSource, { innerIp: host.innerIp });
    const { status, body } = await restore(host.id);
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['inner_ip']]);
  });

  it('do not when they are of another business, too old, or unknown', async () => {
    const [tooOld, foreign] = [await removedHost(25), await removedHost(1, { businessId: POOL })];
    for (const id of [tooOld.id, foreign.id, 2_000_000_000])
      expect((await restore(id)).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('are not brought back by viewers', async () => {
    const host = await removedHost();
    expect((await restore(host.id, await api.userWith({ [biz]: 'viewer' }))).body.code).toBe('PERMISSION_DENIED');
  });
});
