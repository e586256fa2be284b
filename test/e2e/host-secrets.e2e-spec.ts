import { AgentTokensService } from '../../src/agents/agent-tokens.service.js';
import { SealBrokenError } from '../../src/common/crypto/secret-box.js';
import { CredentialsService } from '../../src/hosts/credentials.service.js';
import { HostsService } from '../../src/hosts/hosts.service.js';
import { startApi, type TestApi } from '../support/api.js';
import { aHost } from '../support/factories.js';

const SECRET = `pass'word "$x" -- \\ 密码`;

let api: TestApi;
let credentials: CredentialsService;

beforeAll(async () => {
  api = await startApi({ credentialTtlHours: 2 });
  credentials = api.app.get(CredentialsService, { strict: false });
});
afterAll(() => api.close());

const store = (hostId: number, secret = SECRET) =>
  credentials.store(api.dataSource.manager, hostId, 'PASSWORD', secret);
const expire = (hostId: number) =>
  api.dataSource.query(`UPDATE credentials SET expires_at = now() - interval '1 s' WHERE host_id = $1`, [hostId]);
const rowsOf = (table: string, column: string, hostId: number) =>
  api.dataSource.query(`SELECT * FROM ${table} WHERE ${column} = $1`, [hostId]);

describe('credentials of hosts', () => {
  it('come back as they were stored, and are kept for their time', async () => {
    const host = await aHost(api.dataSource);
    await store(host.id);
    expect(await credentials.open(host.id)).toEqual({ kind: 'PASSWORD', secret: SECRET });
    const { expiresAt } = (await credentials.describe([host.id])).get(host.id)!;
    expect((expiresAt.getTime() - Date.now()) / 3_600_000).toBeCloseTo(2, 2);
  });

  it('are not readable where they lie', async () => {
    const host = await aHost(api.dataSource);
    await store(host.id);
    const [{ ciphertext }] = await rowsOf('credentials', 'host_id', host.id);
    expect(ciphertext.toString('latin1')).not.toContain('word');
    await store(host.id);
    const [again] = await rowsOf('credentials', 'host_id', host.id);
    expect(again.ciphertext.equals(ciphertext)).toBe(false);
  });

  it('are replaced, for many hosts at once too', async () => {
    const hosts = [await aHost(api.dataSource), await aHost(api.dataSource)];
    await store(hosts[0]!.id);
    await credentials.storeMany(
      api.dataSource.manager,
      hosts.map(({ id }) => ({ hostId: id, kind: 'KEY', secret: `key of ${id}` })),
    );
    await credentials.storeMany(api.dataSource.manager, []);
    for (const { id } of hosts) expect(await credentials.open(id)).toEqual({ kind: 'KEY', secret: `key of ${id}` });
  });

  it('open in no other row and as nothing else', async () => {
    const [host, other] = [await aHost(api.dataSource), await aHost(api.dataSource)];
    await store(host.id);
    await store(other.id, 'another');
    await api.dataSource.query(
      'UPDATE credentials c SET ciphertext = o.ciphertext FROM credentials o WHERE c.host_id = $1 AND o.host_id = $2',
      [other.id, host.id],
    );
    await expect(credentials.open(other.id)).rejects.toThrow(SealBrokenError);
    await api.dataSource.query(`UPDATE credentials SET kind = 'KEY' WHERE host_id = $1`, [host.id]);
    await expect(credentials.open(host.id)).rejects.toThrow(SealBrokenError);
  });

  it('are as good as gone when their time is over, and are wiped in bites', async () => {
    const hosts = [await aHost(api.dataSource), await aHost(api.dataSource), await aHost(api.dataSource)];
    for (const { id } of hosts) await store(id);
    for (const { id } of hosts.slice(1)) await expire(id);
    expect(await credentials.open(hosts[1]!.id)).toBeNull();
    expect([...(await credentials.describe(hosts.map(({ id }) => id))).keys()]).toEqual([hosts[0]!.id]);
    expect(await credentials.wipeExpired(1)).toBe(1);
    expect(await credentials.wipeExpired(10)).toBe(1);
    expect(await credentials.wipeExpired(10)).toBe(0);
    expect(await credentials.open(hosts[0]!.id)).not.toBeNull();
  });

  it('are null where there are none, and can be removed', async () => {
    const host = await aHost(api.dataSource);
    expect(await credentials.open(host.id)).toBeNull();
    await store(host.id);
    await credentials.remove(api.dataSource.manager, host.id);
    expect(await credentials.open(host.id)).toBeNull();
  });
});

describe('hosts that were removed a day ago', () => {
  it('are forgotten with all that belongs to them', async () => {
    const hosts = api.app.get(HostsService, { strict: false });
    const removed = (hoursAgo: number) =>
      aHost(api.dataSource, { removedAt: new Date(Date.now() - hoursAgo * 3_600_000) });
    const [old, older, recent, live] = [
      await removed(24.1),
      await removed(48),
      await removed(23.9),
      await aHost(api.dataSource),
    ];
    await store(old.id);
    await api.app.get(AgentTokensService, { strict: false }).issue(old.id, 1);
    expect(await hosts.purgeRemoved(1)).toBe(1);
    expect(await rowsOf('hosts', 'id', older.id)).toEqual([]);
    expect(await hosts.purgeRemoved(10)).toBe(1);
    expect(await rowsOf('credentials', 'host_id', old.id)).toEqual([]);
    expect(await rowsOf('agents', 'host_id', old.id)).toEqual([]);
    for (const { id } of [recent, live]) expect(await rowsOf('hosts', 'id', id)).toHaveLength(1);
  });
});
