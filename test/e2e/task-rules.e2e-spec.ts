import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost, anAddress } from '../support/factories.js';
import { complaint, TaskClient } from '../support/tasks.js';

let api: TestApi;
let tasks: TaskClient;

beforeAll(async () => {
  api = await startApi();
  tasks = new TaskClient(api.admin);
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80', outer_ip: '20.0.0.9:80' });
});
afterAll(() => api?.close());

async function countOf(table: string): Promise<number> {
  const [row] = await api.dataSource.query(`SELECT count(*)::int AS n FROM ${table}`);
  return row.n;
}

describe('rule 1: addresses', () => {
  it.each(
    [
      '10.0.0.01',
      '10.1',
      '0x0a000001',
      '167772161',
      '10.0.0.1 ',
      'fe80::1%eth0',
      '10.0.0.1/32',
      '10.0. 0.1',
      '::ffff:10.0.0.1',
      '256.1.1.1',
    ].filter((ip) => ip === ip.trim()),
  )('%s is none', async (ip) => {
    const response = await tasks.install(ip);
    expect(response.body.messages).toEqual(complaint(ip, 'inner_ip', '请输入一个有效的IPv4或IPv6地址。'));
  });

  it('a row has at least one', async () => {
    expect((await tasks.install(' , ;')).body.messages).toEqual(complaint('', 'inner_ip', '该字段是必填项。'));
    expect((await tasks.install('', { inner_ips: 5 })).body.messages).toEqual(complaint('', 'inner_ip'));
  });

  it('each duplicate is one error, however it is spelled', async () => {
    const ip = anAddress();
    const response = await tasks.install(`${ip},fd00::1,${ip},FD00:0::1,${ip}`);
    const repeated = (again: string) => ({ [`host:${again}`]: { inner_ip: [expect.any(String)] } });
    expect(response.body.messages).toEqual({ hosts: [{}, {}, repeated(ip), repeated('FD00:0::1'), repeated(ip)] });
  });

  it('nothing of a request with one bad row is stored', async () => {
    const before = [
      await countOf('jobs'),
      await countOf('hosts'),
      await countOf('job_hosts'),
      await countOf('credentials'),
    ];
    const good = anAddress();
    const response = await tasks.install(`${good},nonsense`);
    expect(response.body.messages.hosts).toEqual([{}, { 'host:nonsense': { inner_ip: [expect.any(String)] } }]);
    expect([
      await countOf('jobs'),
      await countOf('hosts'),
      await countOf('job_hosts'),
      await countOf('credentials'),
    ]).toEqual(before);
  });
});

describe('rule 2: what is installed', () => {
  it('INSTALL is refused where an agent is', async () => {
    const host = await aHost(api.dataSource, { agentInstalled: true });
    const response = await tasks.install(host.innerIp);
    expect(response.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', '当前机器已经安装了AGENT'));
  });

  it('INSTALL is taken again after it failed, and brings the host up to date', async () => {
    const host = await aHost(api.dataSource, { port: 2200, jobStatus: 'FAILED' });
    const response = await tasks.install(host.innerIp, { account: 'ops', port: undefined });
    expect(response.body.data.hosts[0].host.id).toBe(host.id);
    const { body } = await api.admin.get(`/api/1/hosts/${host.id}/`);
    expect(body.data).toMatchObject({ account: 'ops', port: 22, job_result: { status: 'QUEUE' } });
  });

  it.each(['REINSTALL', 'UNINSTALL', 'REMOVE', 'UPGRADE', 'UPDATE_AUTHINFO', 'SAVE'])(
    '%s is refused where we manage nothing',
    async (op) => {
      const [nowhere, removed] = [anAddress(), await aHost(api.dataSource, { removedAt: new Date() })];
      const other = await aHost(api.dataSource, { businessId: (await aBusiness(api.dataSource)).id });
      for (const ip of [nowhere, removed.innerIp, other.innerIp]) {
        const response = await tasks.operate(op, ip, { password: 'x' });
        expect(response.body.messages).toEqual(complaint(ip, 'inner_ip', '当前机器还未安装AGENT'));
      }
    },
  );

  it('a host is known in its own cloud only', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentInstalled: true });
    expect((await tasks.install(host.innerIp)).body.code).toBe('OK');
  });

  it('REINSTALL keeps the type of node', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentInstalled: true });
    await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentStatus: 'RUNNING' });
    const response = await tasks.operate(
      'REINSTALL',
      host.innerIp,
      { password: 'x' },
      { node_type: 'PAGENT', bk_cloud_id: cloud.id },
    );
    expect(response.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', '当前机器的节点类型是PROXY'));
  });
});

describe('rules 3 to 6: clouds and proxies', () => {
  const proxy = (cloudId: number, overrides = {}) =>
    aHost(api.dataSource, { cloudId, nodeType: 'PROXY', agentInstalled: true, agentStatus: 'RUNNING', ...overrides });
  const pagent = (cloudId: number) => aHost(api.dataSource, { cloudId, nodeType: 'PAGENT', agentInstalled: true });
  const body = (cloudId: number, node_type: string) => ({ bk_cloud_id: String(cloudId), node_type });

  it('a PROXY runs Linux and has an outer ip', async () => {
    const cloud = await aCloud(api.dataSource);
    const ip = anAddress();
    const response = await tasks.install(ip, { os_type: 'AIX' }, body(cloud.id, 'PROXY'));
    expect(response.body.messages).toEqual({
      hosts: [{ [`host:${ip}`]: { os_type: [expect.any(String)], outer_ip: [expect.any(String)] } }],
    });
  });

  it('a business has at most two in a cloud, failed ones counted', async () => {
    const cloud = await aCloud(api.dataSource);
    const [a, b, c] = [anAddress(), anAddress(), anAddress()];
    const outer = { outer_ip: '20.0.0.1' };
    const three = await tasks.install(`${a},${b},${c}`, outer, body(cloud.id, 'PROXY'));
    expect(three.body.messages.hosts).toEqual([
      {},
      {},
      { [`host:${c}`]: { inner_ip: [expect.stringContaining('2')] } },
    ]);
    expect((await tasks.install(`${a},${b}`, outer, body(cloud.id, 'PROXY'))).body.code).toBe('OK');
    const third = await tasks.install(c, outer, body(cloud.id, 'PROXY'));
    expect(third.body.messages).toEqual(complaint(c, 'inner_ip', expect.stringContaining('2')));
  });

  it('two requests at once cannot both take the last place', async () => {
    const cloud = await aCloud(api.dataSource);
    await proxy(cloud.id);
    const ips = Array.from({ length: 4 }, anAddress);
    const responses = await Promise.all(
      ips.map((ip) => tasks.install(ip, { outer_ip: '20.0.0.1' }, body(cloud.id, 'PROXY'))),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('a PAGENT needs a proxy that works', async () => {
    const cloud = await aCloud(api.dataSource);
    const ip = anAddress();
    const text = '当前云区域没有可用的PROXY';
    expect((await tasks.install(ip, {}, body(cloud.id, 'PAGENT'))).body.messages).toEqual(
      complaint(ip, 'inner_ip', text),
    );
    await proxy(cloud.id, { agentStatus: 'TERMINATED' });
    await proxy(cloud.id, { businessId: (await aBusiness(api.dataSource)).id });
    expect((await tasks.install(ip, {}, body(cloud.id, 'PAGENT'))).body.messages).toEqual(
      complaint(ip, 'inner_ip', text),
    );
    await proxy(cloud.id);
    expect((await tasks.install(ip, {}, body(cloud.id, 'PAGENT'))).body.code).toBe('OK');
  });

  it.each([
    ['AGENT', 'another'],
    ['PAGENT', 'direct'],
    ['PROXY', 'direct'],
    ['PROXY', 'unknown'],
  ])('%s does not go with the %s cloud', async (nodeType, which) => {
    const cloudId = which === 'direct' ? 0 : which === 'unknown' ? 2_000_000_000 : (await aCloud(api.dataSource)).id;
    const ip = anAddress();
    const response = await tasks.install(ip, { outer_ip: '20.0.0.1' }, body(cloudId, nodeType));
    expect(response.body.code).toBe('VALIDATE_ERROR');
    expect(response.body.messages).toEqual({
      bk_cloud_id: [expect.any(String)],
      ...complaint(ip, 'bk_cloud_id'),
    });
  });

  it.each(['UNINSTALL', 'REMOVE'])('%s of the last PROXY is refused while there are PAGENTs', async (op) => {
    const cloud = await aCloud(api.dataSource);
    const [first, second, last] = [await proxy(cloud.id), await proxy(cloud.id), await pagent(cloud.id)];
    const both = await tasks.operate(
      op,
      `${first.innerIp},${second.innerIp}`,
      {},
      { bk_cloud_id: cloud.id, node_type: '' },
    );
    expect(both.body.messages.hosts).toHaveLength(2);
    expect((await tasks.operate(op, first.innerIp, {}, { bk_cloud_id: cloud.id, node_type: '' })).body.code).toBe('OK');
    const refused = await tasks.operate(op, second.innerIp, {}, { bk_cloud_id: cloud.id, node_type: '' });
    expect(refused.body.messages).toEqual(complaint(second.innerIp, 'inner_ip', expect.stringContaining('PAGENT')));
    expect((await tasks.operate('REMOVE', last.innerIp, {}, { bk_cloud_id: cloud.id, node_type: '' })).body.code).toBe(
      'OK',
    );
  });
});
