import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { aBusiness, aHost, anAddress } from '../support/factories.js';
import { anInstall, complaint, LOGIN, TaskClient, TASKS } from '../support/tasks.js';

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

describe('POST tasks', () => {
  it('answers the whole job once it is stored', async () => {
    const [a, b] = [anAddress(), anAddress()];
    const response = await tasks.install(`${a}, ${b}`);
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
      package_version: null,
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
    const { body } = await tasks.install(ip, { port: '2222', os_type: 'AIX', account: 'ops' });
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
    const response = await tasks.install('', {
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
    const response = await tasks.install('FD00:0:0::00AB');
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
    const body = anInstall(anAddress());
    expect((await viewer.post(TASKS, body)).status).toBe(403);
    expect((await stranger.post(TASKS, body)).status).toBe(403);
    expect((await api.anonymous.post(TASKS, body)).status).toBe(401);
  });
});

describe('fields of a task', () => {
  it('are named one by one when the body itself is wrong', async () => {
    const response = await api.admin.with({ 'accept-language': 'en' }).post(TASKS, {
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
    expect((await tasks.operate('REINSTALL', host.innerIp, {}, without)).body.messages).toEqual({
      node_type: ['该字段是必填项。'],
    });
    const response = await tasks.operate('UNINSTALL', host.innerIp, {}, without);
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
    const response = await tasks.install(ip, { [field]: value });
    expect(response.body).toMatchObject({ code: 'VALIDATE_ERROR', messages: complaint(ip, field) });
  });

  it('key has at most 32 KiB', async () => {
    const ip = anAddress();
    const tooLong = await tasks.install(ip, { auth_type: 'KEY', key: 'k'.repeat(32 * 1024 + 1) });
    expect(tooLong.body.messages).toEqual(complaint(ip, 'key'));
    expect((await tasks.install(ip, { auth_type: 'KEY', key: 'k'.repeat(32 * 1024) })).body.code).toBe('OK');
  });

  it('of Windows need Cygwin, and the refusal says what to install', async () => {
    const ip = anAddress();
    const refused = await tasks.install(ip, { os_type: 'WINDOWS' });
    const toInstall = /Cygwin.*openssh.*curl.*tar/;
    expect(refused.body.messages).toEqual(complaint(ip, 'has_cygwin', expect.stringMatching(toInstall)));
    const english = new TaskClient(api.admin.with({ 'accept-language': 'en' }));
    const inEnglish = await english.install(ip, { os_type: 'WINDOWS', has_cygwin: 'false' });
    expect(inEnglish.body.messages).toEqual(complaint(ip, 'has_cygwin', expect.stringMatching(toInstall)));
    const taken = await tasks.install(ip, { os_type: 'WINDOWS', has_cygwin: true });
    expect(taken.body.data.os_count).toEqual({ LINUX: 0, WINDOWS: 1, AIX: 0 });
  });

  it('of AIX need nothing more', async () => {
    expect((await tasks.install(anAddress(), { os_type: 'AIX' })).body.data.os_count).toMatchObject({ AIX: 1 });
  });

  it('may hold text that is meant to break the answer', async () => {
    const evil = ['__proto__', '<script>alert(1)</script>', 'constructor', '10.110.140.131er'];
    const response = await tasks.install(evil.join(','));
    const text = '请输入一个有效的IPv4或IPv6地址。';
    expect(JSON.stringify(response.body.messages)).toBe(
      JSON.stringify({ hosts: evil.map((ip) => ({ [`host:${ip}`]: { inner_ip: [text] } })) }),
    );
  });

  it('may name at most 10 000 hosts', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `10.200.${i >> 8}.${i & 255}`).join(',');
    const refused = await tasks.install(many(10_001));
    expect(refused.body).toMatchObject({ code: 'VALIDATE_ERROR', messages: { hosts: [expect.any(String)] } });
  });
});

describe('Idempotency-Key', () => {
  const post = (client: ApiClient, key: string, body: unknown, business = 1) =>
    client.post(`/api/${business}/tasks/`, body, { headers: { 'idempotency-key': key } });

  it('makes a repeated request answer the first one’s job, in whatever order its keys are', async () => {
    const ip = anAddress();
    const first = await post(api.admin, 'once', anInstall(ip));
    const { hosts, ...rest } = anInstall(ip);
    const again = await post(api.admin, 'once', { hosts, ...rest });
    expect(again.body.data.id).toBe(first.body.data.id);
  });

  it('does so for requests at the same moment', async () => {
    const ip = anAddress();
    const responses = await Promise.all(Array.from({ length: 5 }, () => post(api.admin, 'at once', anInstall(ip))));
    expect(new Set(responses.map(({ body }) => body.data?.id)).size).toBe(1);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('is refused for another body or another business, and is each caller’s own', async () => {
    const ip = anAddress();
    await post(api.admin, 'mine', anInstall(ip));
    expect((await post(api.admin, 'mine', anInstall(anAddress()))).body.code).toBe('FORM_VALIDATE_ERROR');
    const business = await aBusiness(api.dataSource);
    expect((await post(api.admin, 'mine', anInstall(ip), business.id)).body.code).toBe('FORM_VALIDATE_ERROR');
    const other = await api.userWith({ 1: 'operator' });
    expect((await post(other, 'mine', anInstall(anAddress()))).body.code).toBe('OK');
    expect((await post(api.admin, 'x'.repeat(256), anInstall(ip))).body.code).toBe('FORM_VALIDATE_ERROR');
  });

  it('of a refused request is free again, and counts for a day', async () => {
    const ip = anAddress();
    expect((await post(api.admin, 'retry', anInstall('nonsense'))).status).toBe(400);
    const first = await post(api.admin, 'retry', anInstall(ip));
    expect(first.status).toBe(200);
    await api.dataSource.query(
      `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'retry'`,
    );
    const later = await post(api.admin, 'retry', anInstall(anAddress()));
    expect(later.status).toBe(200);
    expect(later.body.data.id).not.toBe(first.body.data.id);
  });
});

describe('a large request', () => {
  it('of 10 000 hosts is taken in a few statements', async () => {
    const ips = Array.from({ length: 10_000 }, (_, i) => `10.100.${i >> 8}.${i & 255}`);
    const before = await countOf('hosts');
    const response = await tasks.install(ips.join('\n'));
    expect(response.body.data).toMatchObject({ host_count: 10_000, status_count: { running_count: 10_000 } });
    expect(response.body.data.hosts).toHaveLength(10_000);
    expect(await countOf('hosts')).toBe(before + 10_000);
    const refused = await tasks.install(ips.join('\n'));
    expect(refused.body.messages.hosts).toHaveLength(10_000);
    const cancelled = await api.admin.delete(`${TASKS}${response.body.data.id}/`);
    expect(cancelled.body.data).toEqual({ stopped: 10_000, already_ended: 0 });
  });
});
