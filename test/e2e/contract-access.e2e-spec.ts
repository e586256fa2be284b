import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { aBusiness, aHost, aJob, aModule, anAddress, aRun, aSet } from '../support/factories.js';

const MISSING = 2_147_483_647;

let api: TestApi;
let mine: number;
let foreign: { business: number; host: number; address: string; job: number; set: number; module: number };
let operator: ApiClient;
let viewer: ApiClient;
let stranger: ApiClient;

beforeAll(async () => {
  api = await startApi();
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80' });
  mine = (await aBusiness(api.dataSource)).id;
  const business = (await aBusiness(api.dataSource)).id;
  const host = await aHost(api.dataSource, { businessId: business, agentInstalled: true, agentStatus: 'RUNNING' });
  const job = await aJob(api.dataSource, { businessId: business });
  const run = await aRun(api.dataSource, job, host, { status: 'FAILED', errCode: 'FORCE_STOP' });
  await api.dataSource.query('UPDATE hosts SET run_id = $1, job_id = $2 WHERE id = $3', [run.id, job.id, host.id]);
  const set = await aSet(api.dataSource, { businessId: business });
  const module = await aModule(api.dataSource, set);
  foreign = { business, host: host.id, address: host.innerIp, job: job.id, set: set.id, module: module.id };
  operator = await api.userWith({ [mine]: 'operator' });
  viewer = await api.userWith({ [mine]: 'viewer' });
  stranger = await api.userWith({ [business]: 'operator' });
});
afterAll(() => api?.close());

const task = (op_type: string, inner_ips: string) => ({
  op_type,
  node_type: 'AGENT',
  bk_cloud_id: '0',
  hosts: [{ inner_ips, account: 'root', password: 'x' }],
});

/** What reads, and what changes something, by the ids of a host and a job. */
const reading = (host: number, job: number): [string, string, object?][] => [
  ['GET', 'hosts/'],
  ['GET', `hosts/${host}/`],
  ['GET', 'hosts/removed/'],
  ['GET', `hosts/${host}/host_keys/`],
  ['GET', `host_status/?host_ids=${host}`],
  ['GET', 'clouds/'],
  ['GET', 'clouds/0/'],
  ['GET', 'tasks/'],
  ['GET', `tasks/${job}/`],
  ['GET', `logs/${host}/`],
  ['GET', `logs/${host}/stream`],
  ['POST', 'hosts/check/', { hosts: ['192.0.2.1'] }],
  ['POST', 'hosts/proxy/check/', { bk_cloud_id: '0' }],
];
const writing = (host: number, job: number): [string, string, object?][] => [
  ['POST', 'clouds/', { bk_cloud_name: 'x' }],
  ['PATCH', `clouds/${MISSING}/`, { bk_cloud_name: 'x' }],
  ['DELETE', `clouds/${MISSING}/`],
  ['POST', 'tasks/', task('INSTALL', '192.0.2.1')],
  ['DELETE', `tasks/${job}/`],
  ['DELETE', `tasks/bulk/?jobs=${job}`],
  ['POST', `tasks/${job}/retry/`, {}],
  ['POST', `hosts/${host}/restore/`],
  ['DELETE', `hosts/${host}/host_keys/`],
];

const outcome = async (client: ApiClient, business: number, [method, path, body]: [string, string, object?]) => {
  const answer = await client.request(method, `/api/${business}/${path}`, { body });
  return [method, path, answer.status, answer.body.code];
};

describe('a business', () => {
  it('is closed to those without a role in it, in every route, and so is one that does not exist', async () => {
    for (const route of [...reading(1, 1), ...writing(1, 1)]) {
      const denied = [route[0], route[1], 403, 'PERMISSION_DENIED'];
      expect(await outcome(stranger, mine, route)).toEqual(denied);
      expect(await outcome(stranger, MISSING, route)).toEqual(denied);
    }
  });

  it('that does not exist is told so to administrators', async () => {
    for (const route of [...reading(1, 1), ...writing(1, 1)]) {
      expect(await outcome(api.admin, MISSING, route)).toEqual([route[0], route[1], 404, 'OBJECT_NOT_EXIST']);
    }
    for (const id of ['0', '-1', 'abc', '1.0', '01', '99999999999', '%00', 'NaN']) {
      const { status, body } = await api.admin.get(`/api/${id}/hosts/`);
      expect([id, status, body.code]).toEqual([id, 404, 'OBJECT_NOT_EXIST']);
    }
  });

  it('lets its viewers read everything and change nothing', async () => {
    for (const route of reading(MISSING, MISSING)) {
      const [, , status] = await outcome(viewer, mine, route);
      expect([route[1], status]).not.toEqual([route[1], 403]);
    }
    for (const route of writing(MISSING, MISSING)) {
      expect(await outcome(viewer, mine, route)).toEqual([route[0], route[1], 403, 'PERMISSION_DENIED']);
    }
    const kv = await viewer.post('/api/config/kv/', { key: 'timeout', timeout: 200 });
    expect([kv.status, kv.body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await viewer.get('/api/config/kv/?key=timeout')).status).toBe(200);
  });

  it('is in the list of applications of those who may see it, and no other', async () => {
    for (const client of [operator, viewer]) {
      const { data } = (await client.get('/api/cmdb/applications/')).body;
      expect(data).toEqual([
        { ApplicationID: String(mine), ApplicationName: expect.any(String), CompanyID: expect.any(String) },
      ]);
    }
  });
});

describe('what belongs to another business', () => {
  const same = async (method: string, path: (id: number) => string, id: number, body?: (id: number) => object) => {
    for (const client of [operator, api.admin]) {
      const [there, nowhere] = [
        await client.request(method, `/api/${mine}/${path(id)}`, { body: body?.(id) }),
        await client.request(method, `/api/${mine}/${path(MISSING)}`, { body: body?.(MISSING) }),
      ];
      const neutral = (answer: unknown) => JSON.stringify(answer).replaceAll(String(MISSING), String(id));
      expect([path(id), there.status]).toEqual([path(id), nowhere.status]);
      expect(neutral(there.body)).toBe(neutral(nowhere.body));
    }
  };

  it('is answered exactly like what does not exist, in paths', async () => {
    for (const [method, path] of [
      ['GET', (id: number) => `hosts/${id}/`],
      ['GET', (id: number) => `hosts/${id}/host_keys/`],
      ['DELETE', (id: number) => `hosts/${id}/host_keys/`],
      ['POST', (id: number) => `hosts/${id}/restore/`],
      ['GET', (id: number) => `logs/${id}/`],
      ['GET', (id: number) => `logs/${id}/stream/`],
    ] as const) {
      await same(method, path, foreign.host);
    }
    await same('GET', (id) => `tasks/${id}/`, foreign.job);
    await same('DELETE', (id) => `tasks/${id}/`, foreign.job);
    await same(
      'POST',
      (id) => `tasks/${id}/retry/`,
      foreign.job,
      () => ({}),
    );
  });

  it('is answered exactly like what does not exist, in queries and bodies', async () => {
    await same('GET', (id) => `host_status/?host_ids=${id}`, foreign.host);
    await same('GET', (id) => `hosts/?bk_set_id=${id}`, foreign.set);
    await same('GET', (id) => `hosts/?bk_module_id=${id}`, foreign.module);
    await same('DELETE', (id) => `tasks/bulk/?jobs=${id}`, foreign.job);
    const [own, nowhere] = [await aJob(api.dataSource, { businessId: mine }), anAddress()];
    await aRun(api.dataSource, own, await aHost(api.dataSource, { businessId: mine }), { status: 'FAILED' });
    await same('DELETE', (id) => `tasks/${own.id}/?host_ids=${id}`, foreign.host);
    await same(
      'POST',
      () => `tasks/${own.id}/retry/`,
      foreign.host,
      (id) => ({ host_ids: [id] }),
    );
    for (const op of ['REINSTALL', 'UNINSTALL', 'REMOVE', 'UPDATE_AUTHINFO', 'UPGRADE']) {
      const refused = await operator.post(`/api/${mine}/tasks/`, task(op, foreign.address));
      const unknown = await operator.post(`/api/${mine}/tasks/`, task(op, nowhere));
      expect(refused.body).toEqual(JSON.parse(JSON.stringify(unknown.body).replaceAll(nowhere, foreign.address)));
      expect(refused.status).toBe(unknown.status);
    }
    const check = await operator.post(`/api/${mine}/hosts/check/`, { hosts: [foreign.address] });
    expect(check.body).toEqual({ result: true, code: 'OK', message: 'success', data: null });
    expect((await operator.get(`/api/${mine}/hosts/?ip=${foreign.address}`)).body.data.count).toBe(0);
    expect((await operator.get(`/api/${mine}/tasks/?ip=${foreign.address}`)).body.data.count).toBe(0);
  });

  it('was not touched by any of this', async () => {
    const { body } = await stranger.get(`/api/${foreign.business}/hosts/${foreign.host}/`);
    expect(body.data).toMatchObject({ inner_ip: foreign.address, job_result: { job_id: String(foreign.job) } });
    expect((await stranger.get(`/api/${foreign.business}/tasks/`)).body.data.count).toBe(1);
  });
});
