import type { Host } from '../../src/hosts/host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aCloud, aHost, aJob, anAddress, aRun } from '../support/factories.js';

const TASKS = '/api/1/tasks/';
const LOGIN = { account: 'root', auth_type: 'PASSWORD', password: 'a password' };

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_url: '10.0.0.9:80', outer_url: '20.0.0.9:80' });
});
afterAll(() => api?.close());

const submit = (op_type: unknown, node_type: unknown, bk_cloud_id: unknown, ...hosts: object[]) =>
  api.admin.post(TASKS, { op_type, node_type, bk_cloud_id, hosts });
const row = (inner_ip: string, field: string, text: unknown = expect.any(String)) => ({
  [`host:${inner_ip}`]: { [field]: [text] },
});
const installed = (overrides: Partial<Host> = {}) =>
  aHost(api.dataSource, { agentInstalled: true, agentStatus: 'RUNNING', ...overrides });
/** A cloud with a proxy that works. */
async function aReachableCloud() {
  const cloud = await aCloud(api.dataSource);
  return { cloud, proxy: await installed({ cloudId: cloud.id, nodeType: 'PROXY', outerIp: '20.0.0.1' }) };
}
/** Ends what is queued, so that the next operation may follow. */
const end = (jobId: number) => api.admin.delete(`${TASKS}${jobId}/`);

describe('the job that each operation makes', () => {
  it.each([
    ['INSTALL', 'INSTALL', '安装AGENT'],
    ['REINSTALL', 'REINSTALL', '重装AGENT'],
    ['UPGRADE', 'UPGRADE', '升级AGENT'],
    ['UNINSTALL', 'UNINSTALL', '卸载AGENT'],
    ['REMOVE', 'REMOVE', '移除AGENT'],
    ['PRECHECK', 'PRECHECK', '预检AGENT'],
  ])('%s is queued and answered whole', async (sent, op_type, job_type_desc) => {
    const ip = sent === 'INSTALL' ? anAddress() : (await installed()).innerIp;
    const { status, body } = await submit(sent, 'AGENT', 0, { inner_ips: ip, ...LOGIN, os_type: 'LINUX' });
    expect([status, body]).toEqual([
      200,
      {
        ...{ result: true, code: 'OK', message: 'success' },
        data: {
          ...{ id: expect.any(Number), job_type: 'INSTALL_AGENT', job_type_desc, op_type, node_type: 'AGENT' },
          ...{ bk_biz_id: '1', bk_cloud_id: '0', creator: 'admin', start_time: expect.any(String), end_time: null },
          ...{ status: 'RUNNING', origin_job_id: null, package_version: null, host_count: 1 },
          status_count: { success_count: 0, failed_count: 0, running_count: 1 },
          os_count: { LINUX: 1, WINDOWS: 0, AIX: 0 },
          hosts: [
            {
              ...{ job_id: body.data.id, status: 'QUEUE', err_code: 'INIT', err_code_desc: '排队中，尚未开始' },
              ...{ step: 'INIT', step_desc: '任务初始化' },
              host: {
                ...{ id: expect.any(Number), bk_biz_id: '1', bk_cloud_id: '0', inner_ip: ip, outer_ip: null },
                ...{ node_type: 'AGENT', os_type: 'LINUX', has_cygwin: false },
              },
            },
          ],
        },
      },
    ]);
    expect((await api.admin.get(`${TASKS}${body.data.id}/`)).body).toEqual(body);
    const { hosts: _, ...summary } = body.data;
    expect((await api.admin.get(`${TASKS}?page_size=1`)).body.data.items).toEqual([summary]);
  });

  it.each(['UPDATE_AUTHINFO', 'SAVE'])('%s is done at once, and is nobody’s last job', async (sent) => {
    const host = await installed();
    const { body } = await submit(sent, 'AGENT', '0', {
      inner_ips: host.innerIp,
      account: 'ops',
      auth_type: 'KEY',
      key: 'K',
    });
    expect(body.data).toMatchObject({
      ...{ op_type: 'UPDATE_AUTHINFO', job_type_desc: '保存登录信息AGENT', status: 'SUCCESS' },
      status_count: { success_count: 1, failed_count: 0, running_count: 0 },
      hosts: [{ status: 'SUCCESS', err_code: 'SUCCESS', err_code_desc: '成功', step: 'OVER_SUCCESS' }],
    });
    expect(body.data.end_time).toMatch(/Z$/);
    const { data } = (await api.admin.get(`/api/1/hosts/${host.id}/`)).body;
    expect(data).toMatchObject({ account: 'ops', auth_type: 'KEY', key: '', password: '', has_credential: true });
    expect(data.job_result).toMatchObject({ job_id: '', status: '', err_code: '', code: '', step: '' });
    const log = await api.admin.get(`/api/1/logs/${host.id}/`);
    expect([log.status, log.body.message]).toEqual([404, '不存在任何日志信息']);
  });

  it('is for PROXY and PAGENT in a cloud of their own', async () => {
    const { cloud, proxy } = await aReachableCloud();
    const id = String(cloud.id);
    const [second, behind] = [anAddress(), anAddress()];
    const ofProxy = await submit('INSTALL', 'PROXY', cloud.id, { conn_ips: second, cascade_ip: '20.0.0.2', ...LOGIN });
    expect(ofProxy.body.data).toMatchObject({
      ...{ node_type: 'PROXY', job_type_desc: '安装PROXY', bk_cloud_id: id },
      hosts: [{ host: { inner_ip: second, outer_ip: '20.0.0.2', node_type: 'PROXY', bk_cloud_id: id } }],
    });
    const ofAgent = await submit('INSTALL', 'PAGENT', id, { inner_ips: behind, ...LOGIN });
    expect(ofAgent.body.data).toMatchObject({
      ...{ node_type: 'PAGENT', job_type_desc: '安装PAGENT' },
      hosts: [{ host: { inner_ip: behind, outer_ip: null, node_type: 'PAGENT', bk_cloud_id: id } }],
    });
    const own = await submit('UNINSTALL', undefined, id, { inner_ips: second });
    expect(own.body.messages.hosts).toEqual([row(second, 'inner_ip', '当前机器有任务正在执行，请终止再操作')]);
    await end(ofProxy.body.data.id);
    const removed = await submit('REMOVE', '', id, { inner_ips: second });
    expect(removed.body.data).toMatchObject({ op_type: 'REMOVE', node_type: 'PROXY' });
    expect((await api.admin.get(`/api/1/clouds/${id}/`)).body.data).toMatchObject({
      ...{ proxy_total: 2, proxy_valid: 1, host_count: 3 },
    });
    expect(proxy.id).toBeGreaterThan(0);
  });

  it.each(['UNINSTALL', 'REMOVE'])('%s goes by the type of the host, whatever is sent', async (op) => {
    const { cloud, proxy } = await aReachableCloud();
    for (const sent of ['AGENT', 'PAGENT', 'PROXY', null, undefined]) {
      const { body } = await submit(op, sent, cloud.id, { inner_ips: proxy.innerIp });
      expect([sent, body.messages, body.data?.node_type]).toEqual([sent, undefined, 'PROXY']);
      await end(body.data.id);
    }
    const wrong = await submit(op, 'ROUTER', cloud.id, { inner_ips: proxy.innerIp });
    expect(wrong.body.messages).toEqual({ node_type: [expect.any(String)] });
  });

  it('shows the same hosts in the list as in itself, ids in the form of each place', async () => {
    const ip = anAddress();
    const { body } = await submit('INSTALL', 'AGENT', '0', { inner_ips: ip, ...LOGIN, port: '2222' });
    const { data } = (await api.admin.get(`/api/1/hosts/?ip=${ip}&isAjax=1`)).body;
    expect(data.items).toHaveLength(1);
    expect(data.items[0]).toMatchObject({ id: body.data.hosts[0].host.id, port: 2222, bk_cloud_id: '0' });
    expect(data.items[0].job_result).toEqual({
      ...{ job_id: String(body.data.id), status: 'QUEUE', err_code: 'INIT', code: 'INIT' },
      ...{ err_code_desc: '排队中，尚未开始', step: 'INIT', step_desc: '任务初始化' },
    });
    const log = await api.admin.get(`/api/1/logs/${data.items[0].id}/`);
    expect(log.body.data).toEqual({
      ...{ job_id: body.data.id, status: 'QUEUE', err_code: 'INIT', err_code_desc: '排队中，尚未开始' },
      ...{ step: 'INIT', step_desc: '任务初始化', logs: '' },
    });
  });
});

describe('rows', () => {
  it('fan out with their own fields, one by one, in the order sent', async () => {
    const [a, b, c] = [anAddress(), anAddress(), anAddress()];
    const { body } = await submit(
      'INSTALL',
      'AGENT',
      '0',
      { inner_ips: `${a}\n${b}`, ...LOGIN, os_type: 'AIX' },
      { inner_ips: [c].join(), account: 'ops', auth_type: 'KEY', key: 'K', port: 2200, outer_ip: null },
    );
    expect(body.data.hosts.map(({ host }: any) => [host.inner_ip, host.os_type])).toEqual([
      [a, 'AIX'],
      [b, 'AIX'],
      [c, 'LINUX'],
    ]);
    expect(body.data.os_count).toEqual({ LINUX: 1, WINDOWS: 0, AIX: 2 });
    const { data } = (await api.admin.get(`/api/1/hosts/?ip=${a},${b},${c}&order_by=id`)).body;
    expect(data.items.map((item: any) => [item.account, item.port, item.auth_type])).toEqual([
      ['root', 22, 'PASSWORD'],
      ['root', 22, 'PASSWORD'],
      ['ops', 2200, 'KEY'],
    ]);
  });

  it('are refused one by one, good ones as {}, exactly as the interface document shows', async () => {
    const good = anAddress();
    const { status, body } = await submit(
      'INSTALL',
      'AGENT',
      '0',
      { inner_ips: `${good},10.110.140.131er`, ...LOGIN },
      { inner_ips: `__proto__;<img src=x onerror=alert(1)>`, ...LOGIN },
      { inner_ips: good, ...LOGIN },
    );
    const text = '请输入一个有效的IPv4或IPv6地址。';
    expect(status).toBe(400);
    expect(JSON.stringify({ ...body, message: '' })).toBe(
      JSON.stringify({
        ...{ result: false, code: 'VALIDATE_ERROR', message: '' },
        messages: {
          hosts: [
            {},
            { 'host:10.110.140.131er': { inner_ip: [text] } },
            { ['host:__proto__']: { inner_ip: [text] } },
            { 'host:<img src=x onerror=alert(1)>': { inner_ip: [text] } },
            { [`host:${good}`]: { inner_ip: ['该IP在本次请求中重复。'] } },
          ],
        },
        data: null,
      }),
    );
  });

  it('that are no rows, or hold __proto__, do no harm', async () => {
    const ip = anAddress();
    const body = `{"op_type":"INSTALL","node_type":"AGENT","bk_cloud_id":"0","__proto__":{"admin":true},
      "hosts":[null,7,"x",[],{"__proto__":{"inner_ips":"${ip}"},"constructor":{"prototype":{"inner_ips":"${ip}"}}}]}`;
    const answer = await api.admin.request('POST', TASKS, { body, headers: { 'content-type': 'application/json' } });
    expect([answer.status, answer.body.messages.hosts.length]).toEqual([400, 5]);
    expect(answer.body.messages.hosts[4]).toMatchObject({ 'host:': { inner_ip: ['该字段是必填项。'] } });
    expect(({} as Record<string, unknown>)['inner_ips']).toBeUndefined();
  });

  it('name each field that is wrong, in one answer', async () => {
    const ip = anAddress();
    const { body } = await submit('INSTALL', 'AGENT', '0', { inner_ips: ip, port: 70000, os_type: 'DOS' });
    expect(body.messages.hosts).toEqual([
      {
        [`host:${ip}`]: {
          port: [expect.any(String)],
          os_type: [expect.any(String)],
          account: ['该字段是必填项。'],
          password: ['该字段是必填项。'],
        },
      },
    ]);
  });

  it.each([
    ['hosts', {}],
    ['hosts', '[]'],
    ['hosts', null],
    ['bk_cloud_id', null],
    ['op_type', 'install'],
    ['op_type', {}],
  ])('are not looked at when %s is %j', async (field, value) => {
    const whole = {
      op_type: 'INSTALL',
      node_type: 'AGENT',
      bk_cloud_id: '0',
      hosts: [{ inner_ips: '10.0.0.1', ...LOGIN }],
    };
    const { status, body } = await api.admin.post(TASKS, { ...whole, [field]: value });
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', [field]]);
  });
});

describe('rules, by what is in the database', () => {
  it('3: the number of proxies is of each business and cloud', async () => {
    const { cloud } = await aReachableCloud();
    const other = await aReachableCloud();
    await installed({ cloudId: cloud.id, nodeType: 'PROXY' });
    const ip = anAddress();
    const full = await submit('INSTALL', 'PROXY', cloud.id, { inner_ips: ip, outer_ip: '20.0.0.3', ...LOGIN });
    expect(full.body.messages.hosts).toEqual([row(ip, 'inner_ip', '每个业务在一个云区域最多有2台PROXY')]);
    const elsewhere = await submit('INSTALL', 'PROXY', other.cloud.id, {
      inner_ips: ip,
      outer_ip: '20.0.0.3',
      ...LOGIN,
    });
    expect(elsewhere.body.code).toBe('OK');
    const { data } = (await api.admin.post('/api/1/hosts/proxy/check/', { bk_cloud_id: cloud.id })).body;
    expect(data).toEqual({ total: 2, valid_count: 2 });
  });

  it('3: a PROXY needs its outer ip to be installed, not to be installed again', async () => {
    const { cloud, proxy } = await aReachableCloud();
    const again = await submit('REINSTALL', 'PROXY', cloud.id, { inner_ips: proxy.innerIp, ...LOGIN });
    expect(again.body.data.hosts[0].host).toMatchObject({ outer_ip: '20.0.0.1', node_type: 'PROXY' });
    const ip = anAddress();
    const wrong = await submit('INSTALL', 'PROXY', cloud.id, { inner_ips: ip, outer_ip: '20.0.0', ...LOGIN });
    expect(wrong.body.messages.hosts[0][`host:${ip}`].outer_ip[0]).toBe('请输入一个有效的IPv4或IPv6地址。');
  });

  it('4: each PAGENT of a cloud without a usable PROXY is named', async () => {
    const { cloud, proxy } = await aReachableCloud();
    await api.dataSource.query(`UPDATE hosts SET agent_status = 'UNKNOWN' WHERE id = $1`, [proxy.id]);
    const [a, b] = [anAddress(), anAddress()];
    const { body } = await submit('INSTALL', 'PAGENT', cloud.id, { inner_ips: `${a},${b}`, ...LOGIN });
    const text = '当前云区域没有可用的PROXY';
    expect(body.messages).toEqual({ hosts: [row(a, 'inner_ip', text), row(b, 'inner_ip', text)] });
  });

  it('5: the cloud is named as a field, in words', async () => {
    const ip = anAddress();
    const { cloud } = await aReachableCloud();
    for (const [nodeType, cloudId, text] of [
      ['AGENT', cloud.id, 'AGENT只能位于直连区域'],
      ['PAGENT', 0, 'PAGENT不能位于直连区域'],
      ['PROXY', '0', 'PROXY不能位于直连区域'],
      ['PAGENT', '2147483647', '云区域不存在'],
      ['AGENT', '2147483647', '云区域不存在'],
    ]) {
      const { body } = await submit('INSTALL', nodeType, cloudId, { inner_ips: ip, outer_ip: '20.0.0.9', ...LOGIN });
      expect(body.messages).toEqual({ bk_cloud_id: [text], hosts: [row(ip, 'bk_cloud_id', text)] });
    }
  });

  it('6: the last PROXY may go once its PAGENTs have gone', async () => {
    const { cloud, proxy } = await aReachableCloud();
    const behind = await installed({ cloudId: cloud.id, nodeType: 'PAGENT' });
    const text = '当前云区域还有PAGENT，不能卸载或移除最后一台PROXY';
    const refused = await submit('REMOVE', 'PROXY', cloud.id, { inner_ips: proxy.innerIp });
    expect(refused.body.messages).toEqual({ hosts: [row(proxy.innerIp, 'inner_ip', text)] });
    await api.dataSource.query('UPDATE hosts SET removed_at = now() WHERE id = $1', [behind.id]);
    expect((await submit('REMOVE', 'PROXY', cloud.id, { inner_ips: proxy.innerIp })).body.code).toBe('OK');
  });

  it.each(['QUEUE', 'RUNNING'] as const)('7: a host whose job is %s takes only UPDATE_AUTHINFO', async (status) => {
    const host = await installed();
    const job = await aJob(api.dataSource);
    await aRun(api.dataSource, job, host, { status });
    const busy = { hosts: [row(host.innerIp, 'inner_ip', '当前机器有任务正在执行，请终止再操作')] };
    for (const op of ['INSTALL', 'REINSTALL', 'UPGRADE', 'UNINSTALL', 'REMOVE', 'PRECHECK']) {
      const { body } = await submit(op, 'AGENT', '0', { inner_ips: host.innerIp, ...LOGIN });
      expect([op, body.messages]).toEqual([op, busy]);
    }
    expect((await submit('SAVE', 'AGENT', '0', { inner_ips: host.innerIp, ...LOGIN })).body.code).toBe('OK');
  });

  it('8: port is 22 and auth_type PASSWORD unless said otherwise, empty values count as unsaid', async () => {
    const ip = anAddress();
    const fields = { account: 'root', password: 'x', port: '', auth_type: '', os_type: '', key: '', has_cygwin: '' };
    await submit('INSTALL', 'AGENT', '0', { inner_ips: ip, ...fields });
    const { data } = (await api.admin.get(`/api/1/hosts/?ip=${ip}`)).body;
    expect(data.items[0]).toMatchObject({ port: 22, auth_type: 'PASSWORD', os_type: 'LINUX', has_cygwin: false });
    expect(data.items[0].has_credential).toBe(true);
    const hours = (Date.parse(data.items[0].credential_expires_at) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(24, 1);
  });
});

describe('10 000 hosts with fields of their own', () => {
  it('are one request, one answer and one job, in seconds and in little memory', async () => {
    const hosts = Array.from({ length: 10_000 }, (_, i) => ({
      ...{ inner_ips: `10.150.${i >> 8}.${i & 255}`, account: `user${i}`, port: 22 + (i % 3), password: `secret ${i}` },
      ...{ os_type: i % 2 ? 'AIX' : 'LINUX', auth_type: 'PASSWORD' },
    }));
    const before = process.memoryUsage().rss;
    const startedAt = Date.now();
    const { body } = await submit('INSTALL', 'AGENT', '0', ...hosts);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(600);
    expect(body.data).toMatchObject({ host_count: 10_000, os_count: { LINUX: 5_000, WINDOWS: 0, AIX: 5_000 } });
    expect(body.data.hosts[9_999].host).toMatchObject({ inner_ip: '10.150.39.15', os_type: 'AIX' });
    const askedAt = Date.now();
    const list = await api.admin.get('/api/1/hosts/?keyword=10.150.&page_size=500&page=20');
    expect(list.body.data).toMatchObject({ count: 10_000, total_page: 20, next: null });
    expect(Date.now() - askedAt).toBeLessThan(3_000);
    const bulk = await api.admin.delete(`${TASKS}bulk/?jobs=${body.data.id}`);
    expect(bulk.body.data).toMatchObject({ stopped: 10_000, already_ended: 0, unknown: [] });
    const ended = (await api.admin.get(`${TASKS}${body.data.id}/`)).body.data;
    expect(ended).toMatchObject({ status: 'FAILED', status_count: { failed_count: 10_000, running_count: 0 } });
  });
});
