import { startApi, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';

/** A client that was written for the interface document: forms, page furniture in every request, 200 for refusals. */
let api: TestApi;

beforeAll(async () => {
  api = await startApi({ errorHttpStatus: '200' });
});
afterAll(() => api?.close());

const form = (path: string, fields: Record<string, string>) =>
  api.admin.post(path, new URLSearchParams({ ...fields, csrfmiddlewaretoken: 'x' }));
const get = async (path: string) => {
  const { status, body } = await api.admin.get(`${path}${path.includes('?') ? '&' : '?'}isAjax=1`);
  expect([path, status]).toEqual([path, 200]);
  return body;
};
const ok = (data: unknown) => ({ result: true, code: 'OK', message: 'success', data });
const refused = (code: string, messages: unknown = {}) => ({
  ...{ result: false, code, message: expect.any(String), messages, data: null },
});

describe('a walk through the interface document', () => {
  it('1, 2: nginx and timeout', async () => {
    expect(await get('/api/config/kv/?key=nginx')).toEqual(refused('OBJECT_NOT_EXIST'));
    expect(await get('/api/config/kv/?key=timeout')).toEqual(ok({ timeout: '180' }));
    const nginx = { inner_ip: '10.0.0.1:80, 10.0.0.2:80', outer_ip: '20.0.0.1:80' };
    const stored = ok({ inner_ip: '10.0.0.1:80,10.0.0.2:80', outer_ip: '20.0.0.1:80' });
    expect((await form('/api/config/kv/', { key: 'nginx', ...nginx })).body).toEqual(stored);
    expect(await get('/api/config/kv/?key=nginx')).toEqual(stored);
    const timeout = await form('/api/config/kv/', { key: 'timeout', timeout: '200', ...nginx });
    expect(timeout.body).toEqual(ok({ timeout: '200' }));
    const wrong = await form('/api/config/kv/', { key: 'timeout', timeout: 'soon' });
    expect([wrong.status, wrong.body]).toEqual([200, refused('VALIDATE_ERROR', { timeout: [expect.any(String)] })]);
  });

  it('7, 8: clouds', async () => {
    expect(await get('/api/1/clouds/')).toEqual(ok([]));
    const { body } = await form('/api/1/clouds/', { bk_cloud_name: '华南' });
    expect(body.data).toMatchObject({ bk_cloud_id: expect.stringMatching(/^\d+$/), bk_cloud_name: '华南' });
    expect(await get('/api/1/clouds/')).toEqual(ok([body.data]));
    const again = await form('/api/1/clouds/', { bk_cloud_name: '华南' });
    expect([again.status, again.body]).toEqual([
      200,
      refused('VALIDATE_ERROR', { bk_cloud_name: [expect.any(String)] }),
    ]);
  });

  it('9, 5, 6, 12: install, list, status, log', async () => {
    const host = { inner_ips: '10.1.0.1,10.1.0.2', outer_ip: '', account: 'root', port: 22, auth_type: 'KEY' };
    const hosts = [{ ...host, os_type: 'LINUX', password: '', has_cygwin: false, key: 'asfw' }];
    const task = { hosts, bk_cloud_id: '0', node_type: 'AGENT', op_type: 'INSTALL' };
    const { body } = await api.admin.post('/api/1/tasks/?isAjax=1', task);
    expect(body).toMatchObject({ code: 'OK', data: { host_count: 2, op_type: 'INSTALL' } });
    const list = await get('/api/1/hosts/?page_size=1&page=1&bk_set_id=&bk_module_id=&bk_cloud_id=&version=&keyword=');
    expect(list.data).toMatchObject({ page: 1, total_page: 2, count: 2, previous: null, perevious: null });
    const [item] = list.data.items;
    expect(item).toMatchObject({ inner_ip: '10.1.0.2', outer_ip: null, account: 'root', auth_type: 'KEY', key: '' });
    expect(item.job_result).toMatchObject({ job_id: String(body.data.id), status: 'QUEUE', step: 'INIT' });
    expect(await get(`/api/1/host_status/?host_ids=${item.id},`)).toEqual(ok(item.status));
    expect((await get(`/api/1/logs/${item.id}/`)).data).toMatchObject({ status: 'QUEUE', step: 'INIT', logs: '' });
    expect(await get('/api/1/logs/999999/')).toEqual(refused('OBJECT_NOT_EXIST'));
    const busy = await api.admin.post('/api/1/tasks/', { ...task, op_type: 'REMOVE' });
    expect([busy.status, busy.body]).toEqual([
      200,
      refused('VALIDATE_ERROR', {
        hosts: ['10.1.0.1', '10.1.0.2'].map((ip) => ({
          [`host:${ip}`]: { inner_ip: ['当前机器有任务正在执行，请终止再操作'] },
        })),
      }),
    ]);
  });

  it('10, 11: end one job, and several', async () => {
    const [job] = (await get('/api/1/tasks/')).data.items;
    expect((await api.admin.delete(`/api/1/tasks/${job.id}/`)).body).toEqual(ok({ stopped: 2, already_ended: 0 }));
    const bulk = await api.admin.delete(`/api/1/tasks/bulk/?jobs=${job.id},77`);
    expect(bulk.body).toEqual(
      ok({
        ...{ stopped: 0, already_ended: 2, unknown: [77] },
        jobs: [{ job_id: job.id, stopped: 0, already_ended: 2 }],
      }),
    );
    const none = await api.admin.delete('/api/1/tasks/bulk/?jobs=');
    expect([none.status, none.body.code, none.body.data]).toEqual([200, 'FORM_VALIDATE_ERROR', null]);
    const { data } = await get('/api/1/hosts/?keyword=10.1.0.1');
    expect(data.items[0].job_result).toMatchObject({ status: 'FAILED', err_code: 'FORCE_STOP', step: 'OVER_FAILED' });
    const { logs } = (await get(`/api/1/logs/${data.items[0].id}/`)).data;
    for (const line of logs.split('\r\n')) expect(line).toMatch(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \[[A-Z_]+\] \S/);
  });

  it('13: what is managed already, and what is not', async () => {
    await api.dataSource.query(`UPDATE hosts SET cloud_id = 1 WHERE host(inner_ip) = '10.1.0.2'`);
    const hosts = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];
    const { status, body } = await api.admin.post('/api/1/hosts/check/', { bk_cloud_id: '0', hosts });
    expect([status, body]).toEqual([
      200,
      refused('VALIDATE_ERROR', [
        { '10.1.0.1': '10.1.0.1:当前机器已经安装了agent', '10.1.0.2': '10.1.0.2:当前机器属于华南云区域' },
      ]),
    ]);
    expect((await api.admin.post('/api/1/hosts/check/', { bk_cloud_id: '0', hosts: ['10.1.0.3'] })).body).toEqual(
      ok(null),
    );
    expect((await form('/api/1/hosts/proxy/check/', { bk_cloud_id: '1' })).body).toEqual(
      ok({ total: 0, valid_count: 0 }),
    );
  });

  it('二: applications and topology', async () => {
    expect(await get('/api/cmdb/applications/')).toEqual(
      ok([{ ApplicationName: '资源池', ApplicationID: '1', CompanyID: '0' }]),
    );
    const id = expect.stringMatching(/^\d+$/);
    const modules = ['空闲机', '故障机'].map((ModuleName) => ({ ModuleID: id, ModuleName, HOSTS: [] }));
    for (const query of ['', '?add_hosts=1', '?add_hosts=true', '?add_hosts=']) {
      expect(await get(`/api/cmdb/1/topo/${query}`)).toEqual(
        ok([{ SetID: id, SetName: '空闲机池', Children: modules }]),
      );
    }
  });

  it('still sees 401 and 403, and Allow where a method is wrong', async () => {
    expect((await api.anonymous.get('/api/1/hosts/')).status).toBe(401);
    expect((await (await api.userWith({})).get('/api/1/hosts/')).status).toBe(403);
    const wrong = await api.admin.request('PUT', '/api/1/hosts/');
    expect([wrong.status, wrong.body.code, wrong.headers.get('allow')]).toEqual([
      200,
      'METHOD_NOT_ALLOWED',
      'GET, HEAD',
    ]);
  });
});

describe('without Redis', () => {
  it('the same requests are answered, and soon', async () => {
    const alone = await startApi({ redisUrl: 'redis://127.0.0.1:1' });
    try {
      const timed = async (method: string, path: string, body?: object) => {
        const startedAt = Date.now();
        const answer = await alone.admin.request(method, path, { body });
        expect([path, answer.status, Date.now() - startedAt < 3_000]).toEqual([path, 200, true]);
        return answer.body.data;
      };
      await timed('POST', '/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.1:80' });
      const hosts = [{ inner_ips: '10.1.0.1', account: 'root', password: 'x' }];
      const task = { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts };
      const {
        id,
        hosts: [run],
      } = await timed('POST', '/api/1/tasks/', task);
      const stream = alone.admin.get(`/api/1/logs/${run.host.id}/stream/`);
      expect(await timed('DELETE', `/api/1/tasks/${id}/`)).toEqual({ stopped: 1, already_ended: 0 });
      expect((await stream).body).toMatch(
        /event: log\n[^]*event: end\ndata: \{"status":"FAILED","err_code":"FORCE_STOP"/,
      );
      await eventually(async () => (await alone.anonymous.get('/api/health/live')).status === 200);
    } finally {
      await alone.close();
    }
  });
});
