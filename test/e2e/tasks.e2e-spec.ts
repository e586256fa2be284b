import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aBusiness, aCloud, aHost, aJob, anAddress, aRun } from '../support/factories.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';

const TASKS = '/api/1/tasks/';
const LOGIN = { account: 'root', port: 22, auth_type: 'PASSWORD', password: 's3cret pässword' };

let api: TestApi;
/** Messages of these are in English, so that a test may say what they are in the language it is written in. */
let english: ApiClient;

beforeAll(async () => {
  api = await startApi();
  english = api.admin.with({ 'accept-language': 'en' });
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80', outer_ip: '20.0.0.9:80' });
});
afterAll(() => api?.close());

const install = (inner_ips: string, fields: object = {}, body: object = {}) =>
  api.admin.post(TASKS, {
    op_type: 'INSTALL',
    node_type: 'AGENT',
    bk_cloud_id: '0',
    hosts: [{ inner_ips, ...LOGIN, ...fields }],
    ...body,
  });

const operate = (op_type: string, inner_ips: string, fields: object = {}, body: object = {}) =>
  install(inner_ips, { account: '', port: '', password: '', ...fields }, { op_type, ...body });

/** What a refusal of one row says. */
const complaint = (ip: string, field: string, text: unknown = expect.any(String)) => ({
  hosts: [{ [`host:${ip}`]: { [field]: [text] } }],
});

async function countOf(table: string): Promise<number> {
  const [row] = await api.dataSource.query(`SELECT count(*)::int AS n FROM ${table}`);
  return row.n;
}

describe('POST tasks', () => {
  it('answers the whole job once it is stored', async () => {
    const [a, b] = [anAddress(), anAddress()];
    const response = await install(`${a}, ${b}`);
    expect(response.status).toBe(200);
    const { data } = response.body;
    expect(data).toEqual({
      id: expect.any(Number),
      job_type: 'INSTALL_AGENT',
      job_type_desc: '安装AGENT',
      op_type: 'INSTALL',
      node_type: 'AGENT',
      bk_biz_id: '1',
      bk_cloud_id: '0',
      creator: 'admin',
      start_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      end_time: null,
      status: 'RUNNING',
      origin_job_id: null,
      host_count: 2,
      status_count: { success_count: 0, failed_count: 0, running_count: 2 },
      os_count: { LINUX: 2, WINDOWS: 0, AIX: 0 },
      hosts: [a, b].map((inner_ip) => ({
        job_id: data.id,
        status: 'QUEUE',
        err_code: 'INIT',
        err_code_desc: expect.any(String),
        step: 'INIT',
        step_desc: '任务初始化',
        host: {
          id: expect.any(Number),
          bk_biz_id: '1',
          bk_cloud_id: '0',
          inner_ip,
          outer_ip: null,
          node_type: 'AGENT',
          os_type: 'LINUX',
          has_cygwin: false,
        },
      })),
    });
  });

  it('makes the host, with its last job, and keeps the password out of every row', async () => {
    const ip = anAddress();
    const { body } = await install(ip, { port: '2222', os_type: 'AIX', account: 'ops' });
    const { body: list } = await api.admin.get(`/api/1/hosts/?ip=${ip}`);
    expect(list.data.items[0]).toMatchObject({
      inner_ip: ip,
      account: 'ops',
      port: 2222,
      os_type: 'AIX',
      auth_type: 'PASSWORD',
      password: '',
      has_credential: true,
      job_result: { job_id: String(body.data.id), status: 'QUEUE', err_code: 'INIT', code: 'INIT', step: 'INIT' },
    });
    const [stored] = await api.dataSource.query('SELECT c::text AS row FROM credentials c WHERE host_id = $1', [
      list.data.items[0].id,
    ]);
    expect(stored.row).not.toContain('s3cret');
    expect(stored.row).not.toContain(Buffer.from('s3cret').toString('hex'));
  });

  it('fans a row out over commas, semicolons and line breaks, and takes the later spellings', async () => {
    const ips = Array.from({ length: 4 }, anAddress);
    const response = await install('', {
      inner_ips: undefined,
      conn_ips: `${ips[0]},${ips[1]};\r\n ${ips[2]}\n${ips[3]},,`,
      cascade_ip: '20.1.1.1',
    });
    expect(response.body.data.hosts.map((run: any) => [run.host.inner_ip, run.host.outer_ip])).toEqual(
      ips.map((ip) => [ip, '20.1.1.1']),
    );
  });

  it('takes ids as numbers, fields it does not know, and both slash forms', async () => {
    const response = await api.admin.post('/api/1/tasks', {
      op_type: 'INSTALL',
      node_type: 'AGENT',
      bk_cloud_id: 0,
      isAjax: 1,
      csrfmiddlewaretoken: 'x',
      hosts: [{ inner_ips: anAddress(), ...LOGIN, port: undefined, auth_type: undefined, extra: {} }],
    });
    expect(response.body).toMatchObject({ code: 'OK', data: { bk_cloud_id: '0' } });
  });

  it('stores IPv6 addresses in their canonical form', async () => {
    const response = await install('FD00:0:0::00AB');
    expect(response.body.data.hosts[0].host.inner_ip).toBe('fd00::ab');
  });

  it('needs the nginx setting for what puts an agent on a host, and nothing else', async () => {
    const bare = await startApi();
    try {
      const task = { node_type: 'AGENT', bk_cloud_id: '0' };
      const host = await aHost(bare.dataSource, { agentInstalled: true });
      const hosts = [{ ...LOGIN, inner_ips: anAddress() }];
      const refused = await bare.admin.post(TASKS, { ...task, op_type: 'INSTALL', hosts });
      expect(refused).toMatchObject({ status: 409, body: { code: 'NGINX_SETTING_ERROR', data: null } });
      const wrong = await bare.admin.post(TASKS, {
        ...task,
        op_type: 'INSTALL',
        hosts: [{ inner_ips: 'x', ...LOGIN }],
      });
      expect(wrong.body.code).toBe('VALIDATE_ERROR');
      const uninstall = { ...task, op_type: 'UNINSTALL', hosts: [{ inner_ips: host.innerIp }] };
      expect((await bare.admin.post(TASKS, uninstall)).body.code).toBe('OK');
    } finally {
      await bare.close();
    }
  });

  it('is for operators of the business', async () => {
    const viewer = await api.userWith({ 1: 'viewer' });
    const stranger = await api.userWith({});
    const body = {
      op_type: 'INSTALL',
      node_type: 'AGENT',
      bk_cloud_id: '0',
      hosts: [{ inner_ips: anAddress(), ...LOGIN }],
    };
    expect((await viewer.post(TASKS, body)).status).toBe(403);
    expect((await stranger.post(TASKS, body)).status).toBe(403);
    expect((await api.anonymous.post(TASKS, body)).status).toBe(401);
  });
});

describe('fields of a task', () => {
  it('are named one by one when the body itself is wrong', async () => {
    const response = await english.post(TASKS, {
      op_type: 'EXPLODE',
      node_type: 'ROUTER',
      bk_cloud_id: 'x',
      hosts: [],
    });
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ result: false, code: 'VALIDATE_ERROR', data: null });
    expect(response.body.messages).toEqual({
      op_type: [expect.stringContaining('INSTALL')],
      node_type: [expect.stringContaining('PAGENT')],
      bk_cloud_id: [expect.any(String)],
      hosts: ['This field is required.'],
    });
  });

  it.each([[null], [[]], [[{}]], ['text']])('of a body that is %j are not looked for', async (body) => {
    const response = await api.admin.request('POST', TASKS, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.body.code).toBe('FORM_VALIDATE_ERROR');
  });

  it('node_type may be left out for UNINSTALL and REMOVE only', async () => {
    const host = await aHost(api.dataSource, { agentInstalled: true });
    const without = { node_type: '' };
    expect((await operate('REINSTALL', host.innerIp, {}, without)).body.messages).toEqual({
      node_type: ['该字段是必填项。'],
    });
    const response = await operate('UNINSTALL', host.innerIp, {}, without);
    expect(response.body).toMatchObject({ code: 'OK', data: { op_type: 'UNINSTALL', node_type: 'AGENT' } });
  });

  it.each([
    ['account', '-oProxyCommand=x'],
    ['account', 'a'.repeat(65)],
    ['account', 'root\nx'],
    ['port', 0],
    ['port', '65536'],
    ['port', 22.5],
    ['port', 'ssh'],
    ['auth_type', 'NONE'],
    ['os_type', 'BEOS'],
    ['password', 'p'.repeat(1025)],
    ['password', 'nul\0'],
    ['password', 'two\nlines'],
    ['password', 12345],
    ['outer_ip', '1.2.3'],
    ['has_cygwin', 'perhaps'],
  ])('%s may not be %j', async (field, value) => {
    const ip = anAddress();
    const response = await install(ip, { [field]: value });
    expect(response.body).toMatchObject({ code: 'VALIDATE_ERROR', messages: complaint(ip, field) });
  });

  it('key has at most 32 KiB', async () => {
    const ip = anAddress();
    const tooLong = await install(ip, { auth_type: 'KEY', key: 'k'.repeat(32 * 1024 + 1) });
    expect(tooLong.body.messages).toEqual(complaint(ip, 'key'));
    expect((await install(ip, { auth_type: 'KEY', key: 'k'.repeat(32 * 1024) })).body.code).toBe('OK');
  });

  it('of Windows need Cygwin, and the refusal says what to install', async () => {
    const ip = anAddress();
    const refused = await install(ip, { os_type: 'WINDOWS' });
    expect(refused.body.messages).toEqual(complaint(ip, 'has_cygwin', expect.stringContaining('openssh')));
    const taken = await install(ip, { os_type: 'WINDOWS', has_cygwin: true });
    expect(taken.body.data.os_count).toEqual({ LINUX: 0, WINDOWS: 1, AIX: 0 });
  });

  it('may hold text that is meant to break the answer', async () => {
    const evil = ['__proto__', '<script>alert(1)</script>', 'constructor', '10.110.140.131er'];
    const response = await install(evil.join(','));
    const text = '请输入一个有效的IPv4或IPv6地址。';
    expect(JSON.stringify(response.body.messages)).toBe(
      JSON.stringify({ hosts: evil.map((ip) => ({ [`host:${ip}`]: { inner_ip: [text] } })) }),
    );
  });

  it('may name at most 10 000 hosts', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `10.200.${i >> 8}.${i & 255}`).join(',');
    const refused = await install(many(10_001));
    expect(refused.body).toMatchObject({ code: 'VALIDATE_ERROR', messages: { hosts: [expect.any(String)] } });
  });
});

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
    const response = await install(ip);
    expect(response.body.messages).toEqual(complaint(ip, 'inner_ip', '请输入一个有效的IPv4或IPv6地址。'));
  });

  it('a row has at least one', async () => {
    expect((await install(' , ;')).body.messages).toEqual(complaint('', 'inner_ip', '该字段是必填项。'));
    expect((await install('', { inner_ips: 5 })).body.messages).toEqual(complaint('', 'inner_ip'));
  });

  it('each duplicate is one error, however it is spelled', async () => {
    const ip = anAddress();
    const response = await install(`${ip},fd00::1,${ip},FD00:0::1,${ip}`);
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
    const response = await install(`${good},nonsense`);
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
    const response = await install(host.innerIp);
    expect(response.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', '当前机器已经安装了AGENT'));
  });

  it('INSTALL is taken again after it failed, and brings the host up to date', async () => {
    const host = await aHost(api.dataSource, { port: 2200, jobStatus: 'FAILED' });
    const response = await install(host.innerIp, { account: 'ops', port: undefined });
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
        const response = await operate(op, ip, { password: 'x' });
        expect(response.body.messages).toEqual(complaint(ip, 'inner_ip', '当前机器还未安装AGENT'));
      }
    },
  );

  it('a host is known in its own cloud only', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentInstalled: true });
    expect((await install(host.innerIp)).body.code).toBe('OK');
  });

  it('REINSTALL keeps the type of node', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentInstalled: true });
    await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentStatus: 'RUNNING' });
    const response = await operate(
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
    const response = await install(ip, { os_type: 'AIX' }, body(cloud.id, 'PROXY'));
    expect(response.body.messages).toEqual({
      hosts: [{ [`host:${ip}`]: { os_type: [expect.any(String)], outer_ip: [expect.any(String)] } }],
    });
  });

  it('a business has at most two in a cloud, failed ones counted', async () => {
    const cloud = await aCloud(api.dataSource);
    const [a, b, c] = [anAddress(), anAddress(), anAddress()];
    const outer = { outer_ip: '20.0.0.1' };
    const three = await install(`${a},${b},${c}`, outer, body(cloud.id, 'PROXY'));
    expect(three.body.messages.hosts).toEqual([
      {},
      {},
      { [`host:${c}`]: { inner_ip: [expect.stringContaining('2')] } },
    ]);
    expect((await install(`${a},${b}`, outer, body(cloud.id, 'PROXY'))).body.code).toBe('OK');
    const third = await install(c, outer, body(cloud.id, 'PROXY'));
    expect(third.body.messages).toEqual(complaint(c, 'inner_ip', expect.stringContaining('2')));
  });

  it('two requests at once cannot both take the last place', async () => {
    const cloud = await aCloud(api.dataSource);
    await proxy(cloud.id);
    const ips = Array.from({ length: 4 }, anAddress);
    const responses = await Promise.all(
      ips.map((ip) => install(ip, { outer_ip: '20.0.0.1' }, body(cloud.id, 'PROXY'))),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('a PAGENT needs a proxy that works', async () => {
    const cloud = await aCloud(api.dataSource);
    const ip = anAddress();
    const text = '当前云区域没有可用的PROXY';
    expect((await install(ip, {}, body(cloud.id, 'PAGENT'))).body.messages).toEqual(complaint(ip, 'inner_ip', text));
    await proxy(cloud.id, { agentStatus: 'TERMINATED' });
    await proxy(cloud.id, { businessId: (await aBusiness(api.dataSource)).id });
    expect((await install(ip, {}, body(cloud.id, 'PAGENT'))).body.messages).toEqual(complaint(ip, 'inner_ip', text));
    await proxy(cloud.id);
    expect((await install(ip, {}, body(cloud.id, 'PAGENT'))).body.code).toBe('OK');
  });

  it.each([
    ['AGENT', 'another'],
    ['PAGENT', 'direct'],
    ['PROXY', 'direct'],
    ['PROXY', 'unknown'],
  ])('%s does not go with the %s cloud', async (nodeType, which) => {
    const cloudId = which === 'direct' ? 0 : which === 'unknown' ? 2_000_000_000 : (await aCloud(api.dataSource)).id;
    const ip = anAddress();
    const response = await install(ip, { outer_ip: '20.0.0.1' }, body(cloudId, nodeType));
    expect(response.body.code).toBe('VALIDATE_ERROR');
    expect(response.body.messages).toEqual({
      bk_cloud_id: [expect.any(String)],
      ...complaint(ip, 'bk_cloud_id'),
    });
  });

  it.each(['UNINSTALL', 'REMOVE'])('%s of the last PROXY is refused while there are PAGENTs', async (op) => {
    const cloud = await aCloud(api.dataSource);
    const [first, second, last] = [await proxy(cloud.id), await proxy(cloud.id), await pagent(cloud.id)];
    const both = await operate(op, `${first.innerIp},${second.innerIp}`, {}, { bk_cloud_id: cloud.id, node_type: '' });
    expect(both.body.messages.hosts).toHaveLength(2);
    expect((await operate(op, first.innerIp, {}, { bk_cloud_id: cloud.id, node_type: '' })).body.code).toBe('OK');
    const refused = await operate(op, second.innerIp, {}, { bk_cloud_id: cloud.id, node_type: '' });
    expect(refused.body.messages).toEqual(complaint(second.innerIp, 'inner_ip', expect.stringContaining('PAGENT')));
    expect((await operate('REMOVE', last.innerIp, {}, { bk_cloud_id: cloud.id, node_type: '' })).body.code).toBe('OK');
  });
});

describe('rule 7: one job at a time', () => {
  const BUSY = '当前机器有任务正在执行，请终止再操作';

  it.each(['INSTALL', 'REINSTALL', 'UNINSTALL', 'REMOVE', 'UPGRADE'])(
    '%s is refused while a job is at the host',
    async (op) => {
      const ip = anAddress();
      await install(ip);
      const response = op === 'INSTALL' ? await install(ip, { port: 'bad' }) : await operate(op, ip);
      expect(response.body.messages).toEqual(complaint(ip, 'inner_ip', BUSY));
    },
  );

  it('of many requests for the same host at once, one is taken and the others hear why not', async () => {
    const ips = Array.from({ length: 30 }, anAddress);
    const shuffled = (seed: number) =>
      [...ips].sort(
        (a, b) =>
          ((a.length * 7 + seed * 13) % 11) - ((b.length + seed) % 5) || (seed % 2 ? 1 : -1) * a.localeCompare(b),
      );
    const responses = await Promise.all(Array.from({ length: 6 }, (_, seed) => install(shuffled(seed).join(','))));
    expect(responses.map(({ body }) => body.code).sort()).toEqual(['OK', ...Array(5).fill('VALIDATE_ERROR')]);
    const refused = responses.find(({ body }) => body.code !== 'OK')!;
    expect(refused.body.messages.hosts).toHaveLength(30);
    expect(Object.values(refused.body.messages.hosts[0])).toEqual([{ inner_ip: [BUSY] }]);
  });

  it('UPDATE_AUTHINFO is taken meanwhile, and the host still shows the job that runs', async () => {
    const ip = anAddress();
    const running = await install(ip);
    const saved = await operate('SAVE', ip, { account: 'ops', port: 2022, password: 'new one' });
    expect(saved.body.data).toMatchObject({
      op_type: 'UPDATE_AUTHINFO',
      status: 'SUCCESS',
      end_time: expect.any(String),
      status_count: { success_count: 1, failed_count: 0, running_count: 0 },
      hosts: [{ status: 'SUCCESS', err_code: 'SUCCESS', step: 'OVER_SUCCESS' }],
    });
    const { body } = await api.admin.get(`/api/1/hosts/?ip=${ip}`);
    expect(body.data.items[0]).toMatchObject({
      account: 'ops',
      port: 2022,
      job_result: { job_id: String(running.body.data.id), status: 'QUEUE' },
    });
  });
});

describe('rule 8: credentials', () => {
  it('INSTALL states account and password, or key', async () => {
    const ip = anAddress();
    const required = ['该字段是必填项。'];
    const nothing = await install(ip, { account: '', password: '', key: 'not looked at' });
    expect(nothing.body.messages).toEqual({ hosts: [{ [`host:${ip}`]: { account: required, password: required } }] });
    const noKey = await install(ip, { auth_type: 'KEY' });
    expect(noKey.body.messages).toEqual(complaint(ip, 'key', required[0]));
  });

  it.each(['REINSTALL', 'UPGRADE'])('%s may leave them out while they are stored', async (op) => {
    const ip = anAddress();
    const first = await install(ip, { account: 'ops', port: 2222 });
    await api.admin.delete(`${TASKS}${first.body.data.id}/`);
    expect((await operate(op, ip)).body.code).toBe('OK');
    const { body } = await api.admin.get(`/api/1/hosts/?ip=${ip}`);
    expect(body.data.items[0]).toMatchObject({ account: 'ops', port: 2222, auth_type: 'PASSWORD' });
  });

  it('REINSTALL with none stored, or one that has expired, is refused', async () => {
    const host = await aHost(api.dataSource, { agentInstalled: true });
    const refused = complaint(host.innerIp, 'password', '密码/密钥已过期');
    expect((await operate('REINSTALL', host.innerIp)).body.messages).toEqual(refused);
    await api.dataSource.query(
      `INSERT INTO credentials (host_id, kind, ciphertext, key_id, expires_at) VALUES ($1, 'PASSWORD', 'x', 'x', now() - interval '1 s')`,
      [host.id],
    );
    expect((await operate('REINSTALL', host.innerIp)).body.messages).toEqual(refused);
  });

  it('REINSTALL with another kind replaces what is stored', async () => {
    const ip = anAddress();
    const first = await install(ip);
    await api.admin.delete(`${TASKS}${first.body.data.id}/`);
    expect((await operate('REINSTALL', ip, { auth_type: 'KEY' })).body.messages).toEqual(
      complaint(ip, 'key', '密码/密钥已过期'),
    );
    expect((await operate('REINSTALL', ip, { auth_type: 'KEY', key: 'KEY' })).body.code).toBe('OK');
    const [stored] = await api.dataSource.query(
      'SELECT c.kind, h.auth_type FROM credentials c JOIN hosts h ON h.id = c.host_id WHERE h.inner_ip = $1',
      [ip],
    );
    expect(stored).toEqual({ kind: 'KEY', auth_type: 'KEY' });
  });

  it('UPDATE_AUTHINFO has something to save', async () => {
    const host = await aHost(api.dataSource);
    const nothing = await operate('UPDATE_AUTHINFO', host.innerIp);
    expect(nothing.body.messages).toEqual(complaint(host.innerIp, 'non_field_errors'));
    const noSecret = await operate('UPDATE_AUTHINFO', host.innerIp, { auth_type: 'KEY', port: 23 });
    expect(noSecret.body.messages).toEqual(complaint(host.innerIp, 'key', '该字段是必填项。'));
    expect((await operate('UPDATE_AUTHINFO', host.innerIp, { port: 23 })).body.code).toBe('OK');
  });
});

describe('rule 9: hosts of other businesses', () => {
  it('are named with their business to those who may see it', async () => {
    const business = await aBusiness(api.dataSource);
    const host = await aHost(api.dataSource, { businessId: business.id });
    const response = await install(`${anAddress()},${host.innerIp}`);
    expect(response.body).toMatchObject({ code: 'VALIDATE_ERROR' });
    expect(response.body.messages).toEqual({ other_bk_biz_id: { [host.innerIp]: [String(business.id)] } });
    const operator = await api.userWith({ 1: 'operator' });
    const task = {
      op_type: 'INSTALL',
      node_type: 'AGENT',
      bk_cloud_id: '0',
      hosts: [{ inner_ips: host.innerIp, ...LOGIN }],
    };
    expect((await operator.post(TASKS, task)).body.messages).toEqual({ other_bk_biz_id: { [host.innerIp]: ['*'] } });
    const seeing = await api.userWith({ 1: 'operator', [business.id]: 'viewer' });
    expect((await seeing.post(TASKS, task)).body.messages).toEqual({
      other_bk_biz_id: { [host.innerIp]: [String(business.id)] },
    });
    const taking = { ...task, ignore_installed_elsewhere: true };
    expect((await seeing.post(TASKS, taking)).body.code).toBe('PERMISSION_DENIED');
  });

  it('can be taken over by who operates both, unless they are busy there', async () => {
    const business = await aBusiness(api.dataSource);
    const host = await aHost(api.dataSource, { businessId: business.id, agentInstalled: true });
    const job = await aJob(api.dataSource, { businessId: business.id });
    const run = await aRun(api.dataSource, job, host);
    const both = await api.userWith({ 1: 'operator', [business.id]: 'operator' });
    const task = {
      op_type: 'INSTALL',
      node_type: 'AGENT',
      bk_cloud_id: '0',
      hosts: [{ inner_ips: host.innerIp, ...LOGIN }],
      ignore_installed_elsewhere: 'true',
    };
    const busy = await both.post(TASKS, task);
    expect(busy.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', '当前机器有任务正在执行，请终止再操作'));
    await api.dataSource.query(`UPDATE job_hosts SET status = 'FAILED' WHERE id = $1`, [run.id]);
    const taken = await both.post(TASKS, task);
    expect(taken.body.code).toBe('OK');
    expect(taken.body.data.hosts[0].host.id).not.toBe(host.id);
    const [old] = await api.dataSource.query('SELECT removed_at FROM hosts WHERE id = $1', [host.id]);
    expect(old.removed_at).not.toBeNull();
  });
});

describe('Idempotency-Key', () => {
  const post = (client: ApiClient, key: string, body: unknown, business = 1) =>
    client.post(`/api/${business}/tasks/`, body, { headers: { 'idempotency-key': key } });
  const task = (ip: string) => ({
    op_type: 'INSTALL',
    node_type: 'AGENT',
    bk_cloud_id: '0',
    hosts: [{ inner_ips: ip, ...LOGIN }],
  });

  it('makes a repeated request answer the first one’s job, in whatever order its keys are', async () => {
    const ip = anAddress();
    const first = await post(api.admin, 'once', task(ip));
    const { hosts, ...rest } = task(ip);
    const again = await post(api.admin, 'once', { hosts, ...rest });
    expect(again.body.data.id).toBe(first.body.data.id);
  });

  it('does so for requests at the same moment', async () => {
    const ip = anAddress();
    const responses = await Promise.all(Array.from({ length: 5 }, () => post(api.admin, 'at once', task(ip))));
    expect(new Set(responses.map(({ body }) => body.data?.id)).size).toBe(1);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('is refused for another body or another business, and is each caller’s own', async () => {
    const ip = anAddress();
    await post(api.admin, 'mine', task(ip));
    expect((await post(api.admin, 'mine', task(anAddress()))).body.code).toBe('FORM_VALIDATE_ERROR');
    const business = await aBusiness(api.dataSource);
    expect((await post(api.admin, 'mine', task(ip), business.id)).body.code).toBe('FORM_VALIDATE_ERROR');
    const other = await api.userWith({ 1: 'operator' });
    expect((await post(other, 'mine', task(anAddress()))).body.code).toBe('OK');
    expect((await post(api.admin, 'x'.repeat(256), task(ip))).body.code).toBe('FORM_VALIDATE_ERROR');
  });

  it('of a refused request is free again, and counts for a day', async () => {
    const ip = anAddress();
    expect((await post(api.admin, 'retry', task('nonsense'))).status).toBe(400);
    const first = await post(api.admin, 'retry', task(ip));
    expect(first.status).toBe(200);
    await api.dataSource.query(
      `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'retry'`,
    );
    const later = await post(api.admin, 'retry', task(anAddress()));
    expect(later.status).toBe(200);
    expect(later.body.data.id).not.toBe(first.body.data.id);
  });
});

describe('a large request', () => {
  it('of 10 000 hosts is taken in a few statements', async () => {
    const ips = Array.from({ length: 10_000 }, (_, i) => `10.100.${i >> 8}.${i & 255}`);
    const before = await countOf('hosts');
    const response = await install(ips.join('\n'));
    expect(response.body.data).toMatchObject({ host_count: 10_000, status_count: { running_count: 10_000 } });
    expect(response.body.data.hosts).toHaveLength(10_000);
    expect(await countOf('hosts')).toBe(before + 10_000);
    const refused = await install(ips.join('\n'));
    expect(refused.body.messages.hosts).toHaveLength(10_000);
    const cancelled = await api.admin.delete(`${TASKS}${response.body.data.id}/`);
    expect(cancelled.body.data).toEqual({ stopped: 10_000, already_ended: 0 });
  });
});
