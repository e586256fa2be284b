import type { Host } from '../../src/hosts/host.entity.js';
import { ProxiesService } from '../../src/proxies/proxies.service.js';
import { Text } from '../../src/common/i18n/text.js';
import { startApi, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { aBusiness, aCloud, aHost, anAddress, anAgent } from '../support/factories.js';
import { aJobWith, FAILED } from '../support/jobs.js';

const DOWN = new Text('不可用', 'it is down');

let api: TestApi;
let proxies: ProxiesService;
/** A business and a cloud of its own for each test. */
let biz: number;
let cloudId: number;

beforeAll(async () => {
  api = await startApi({ heartbeatIntervalSeconds: 1, proxyPort: 18_000 });
  proxies = api.app.get(ProxiesService, { strict: false });
});
afterAll(() => api.close());
beforeEach(async () => {
  biz = (await aBusiness(api.dataSource)).id;
  cloudId = (await aCloud(api.dataSource)).id;
});

const aHostOf = (row: Partial<Host>) => aHost(api.dataSource, { businessId: biz, cloudId, ...row });
const aProxy = (row: Partial<Host> = {}) =>
  aHostOf({ nodeType: 'PROXY', agentStatus: 'RUNNING', agentInstalled: true, ...row });
const install = ({ id }: Host) => proxies.markInstalled(api.dataSource.manager, id, 'root');

describe('proxies that can be used', () => {
  const counts = async () => {
    const { data: cloud } = (await api.admin.get(`/api/${biz}/clouds/${cloudId}/`)).body;
    const { data: check } = (await api.admin.post(`/api/${biz}/hosts/proxy/check/`, { bk_cloud_id: cloudId })).body;
    expect([cloud.proxy_total, cloud.proxy_valid]).toEqual([check.total, check.valid_count]);
    return check;
  };
  const installBehind = () =>
    api.admin.post(`/api/${biz}/tasks/`, {
      ...{ op_type: 'INSTALL', node_type: 'PAGENT', bk_cloud_id: cloudId },
      hosts: [{ inner_ips: anAddress(), os_type: 'LINUX', account: 'root', port: 22, password: 'secret' }],
    });

  it('are those whose agent runs and that the server can log in to', async () => {
    const [well, silent, down] = [await aProxy(), await aProxy({ agentStatus: 'TERMINATED' }), await aProxy()];
    await Promise.all([well, silent, down].map(install));
    expect(await counts()).toEqual({ total: 3, valid_count: 2 });
    await proxies.markDown(down.id, DOWN);
    expect(await counts()).toEqual({ total: 3, valid_count: 1 });
    await proxies.markUp(down.id);
    expect(await counts()).toEqual({ total: 3, valid_count: 2 });
  });

  it('are those whose agent runs, as long as nobody has tried to log in', async () => {
    await aProxy();
    await aProxy({ agentStatus: 'UNKNOWN' });
    expect(await counts()).toEqual({ total: 2, valid_count: 1 });
  });

  it('are not there yet where an agent runs whose INSTALL failed at the last step', async () => {
    const row = { businessId: biz, cloudId, nodeType: 'PROXY', agentStatus: 'RUNNING' } as const;
    const { hosts } = await aJobWith(api.dataSource, [{ ...FAILED, opType: 'INSTALL' }], { businessId: biz }, row);
    expect(await counts()).toEqual({ total: 1, valid_count: 0 });
    await install(hosts[0]!);
    expect(await counts()).toEqual({ total: 1, valid_count: 1 });
  });

  it('do not count where they were only looked at', async () => {
    await aProxy({ isCandidate: true, agentStatus: 'UNKNOWN' });
    expect(await counts()).toEqual({ total: 0, valid_count: 0 });
  });

  it('are needed to install behind them', async () => {
    const proxy = await aProxy();
    await install(proxy);
    await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.1:80', outer_ip: '203.0.113.1:80' });
    await proxies.markDown(proxy.id, DOWN);
    const refused = await installBehind();
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body.messages)).toContain('当前云区域没有可用的PROXY');
    await proxies.markUp(proxy.id);
    expect((await installBehind()).status).toBe(200);
  });
});

describe('agents behind proxies', () => {
  const serversOf = async (token: string): Promise<string[]> => {
    const report = { token, name: 'nodeman-agent', version: '1.0.0', state: 'running', processes: [] };
    return (await api.anonymous.post('/api/agent/heartbeat', report)).body.data.servers;
  };
  /** What is told is read anew every five seconds. */
  const toldSoon = (token: string, expected: string[]) =>
    eventually(async () => {
      const servers = await serversOf(token);
      return servers.join() === expected.join() || Promise.reject(new Error(`told ${servers.join()}`));
    });

  it('are told the proxies of their area, and learn of changes', async () => {
    const token = await anAgent(api.dataSource, (await aHostOf({ nodeType: 'PAGENT' })).id);
    const [first, second] = [await aProxy({ innerIp: '10.9.0.1' }), await aProxy({ innerIp: 'fd00::9' })];
    await Promise.all([first, second].map(install));
    expect(await serversOf(token)).toEqual(['10.9.0.1:18000', '[fd00::9]:18000']);
    await proxies.markDown(first.id, DOWN);
    await toldSoon(token, ['[fd00::9]:18000', '10.9.0.1:18000']);
    await api.dataSource.query('UPDATE hosts SET removed_at = now() WHERE id = $1', [first.id]);
    await toldSoon(token, ['[fd00::9]:18000']);
  });

  it('keep those that they have when the last proxy is gone', async () => {
    const token = await anAgent(api.dataSource, (await aHostOf({ nodeType: 'PAGENT' })).id);
    expect(await serversOf(token)).toEqual([]);
  });

  it('are not sent to proxies of another business, nor to those of another area', async () => {
    const other = await aHost(api.dataSource, { nodeType: 'PROXY', cloudId, agentStatus: 'RUNNING' });
    const elsewhere = await aProxy({ cloudId: (await aCloud(api.dataSource)).id });
    await Promise.all([other, elsewhere].map(install));
    const mine = await aProxy();
    await install(mine);
    const token = await anAgent(api.dataSource, (await aHostOf({ nodeType: 'PAGENT' })).id);
    expect(await serversOf(token)).toEqual([`${mine.innerIp}:18000`]);
  });
});
