import type { Host } from '../../src/hosts/host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost, anAddress, POOL } from '../support/factories.js';

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

describe('POST hosts/check', () => {
  const check = (body: unknown, client = api.admin) => client.post(`/api/${biz}/hosts/check/`, body);

  it('passes addresses that the business does not manage', async () => {
    const foreign = await aHost(api.dataSource);
    const removed = await hostOf({ removedAt: new Date() });
    const { status, body } = await check({ bk_cloud_id: '0', hosts: [foreign.innerIp, removed.innerIp, anAddress()] });
    expect([status, body]).toEqual([200, { result: true, code: 'OK', message: 'success', data: null }]);
  });

  it('names those that it manages, by the text that was sent', async () => {
    const cloud = await aCloud(api.dataSource);
    const here = await hostOf({ innerIp: `2001:db8::a:${biz.toString(16)}` });
    const there = await hostOf({ cloudId: cloud.id, nodeType: 'PAGENT' });
    const sent = here.innerIp.toUpperCase();
    const { status, body } = await check({ hosts: [sent, there.innerIp, anAddress()] });
    expect(status).toBe(400);
    expect(body).toEqual({
      ...{ result: false, code: 'VALIDATE_ERROR', message: '参数校验失败', data: null },
      messages: [
        {
          [sent]: `${sent}:当前机器已经安装了agent`,
          [there.innerIp]: `${there.innerIp}:当前机器属于${cloud.name}云区域`,
        },
      ],
    });
  });

  it('finds the same host from its own cloud', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await hostOf({ cloudId: cloud.id, nodeType: 'PAGENT' });
    for (const bk_cloud_id of [cloud.id, String(cloud.id)]) {
      const { body } = await check({ hosts: [host.innerIp], bk_cloud_id });
      expect(body.messages).toEqual([{ [host.innerIp]: `${host.innerIp}:当前机器已经安装了agent` }]);
    }
  });

  it('takes a form', async () => {
    const host = await hostOf();
    const form = new URLSearchParams({ hosts: `${host.innerIp},${anAddress()}`, csrfmiddlewaretoken: 'x' });
    expect((await check(form)).body.messages).toHaveLength(1);
  });

  it.each([['__proto__'], ['10.1'], ['<b>10.0.0.1</b>'], ['1.2.3.4.5'], ['']])(
    'refuses the address %j',
    async (address) => {
      const { status, body } = await check({ hosts: ['192.0.2.1', address, 'constructor'] });
      expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['hosts']]);
    },
  );

  it.each([
    [{}],
    [{ hosts: [] }],
    [{ hosts: null }],
    [{ hosts: [{}] }],
    [{ hosts: Array(10_001).fill('192.0.2.1') }],
    [{ hosts: ['192.0.2.1'], bk_cloud_id: 'x' }],
  ])('refuses the body %#', async (body) => {
    expect((await check(body)).body.code).toBe('VALIDATE_ERROR');
  });

  it('refuses a body that cannot be read', async () => {
    const response = await api.admin.post(`/api/${biz}/hosts/check/`, '{"hosts":', {
      headers: { 'content-type': 'application/json' },
    });
    expect([response.status, response.body.code]).toEqual([400, 'FORM_VALIDATE_ERROR']);
  });

  it('is open to viewers, and not to strangers', async () => {
    const [viewer, stranger] = [await api.userWith({ [biz]: 'viewer' }), await api.userWith({ [POOL]: 'operator' })];
    expect((await check({ hosts: ['192.0.2.1'] }, viewer)).status).toBe(200);
    expect((await check({ hosts: ['192.0.2.1'] }, stranger)).body.code).toBe('PERMISSION_DENIED');
  });

  it('wants a POST', async () => {
    const { status, body, headers } = await api.admin.get(`/api/${biz}/hosts/check/`);
    expect([status, body.code, headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', 'POST']);
  });
});

describe('POST hosts/proxy/check', () => {
  const check = (body: unknown) => api.admin.post(`/api/${biz}/hosts/proxy/check/`, body);

  it("counts the business's proxies in the cloud, and those that work", async () => {
    const cloud = await aCloud(api.dataSource);
    const proxy = { cloudId: cloud.id, nodeType: 'PROXY' } as const;
    await hostOf({ ...proxy, agentStatus: 'RUNNING' });
    await hostOf({ ...proxy, agentStatus: 'TERMINATED' });
    await hostOf({ ...proxy, agentStatus: 'RUNNING', removedAt: new Date() });
    await hostOf({ cloudId: cloud.id, nodeType: 'PAGENT', agentStatus: 'RUNNING' });
    await aHost(api.dataSource, { ...proxy, agentStatus: 'RUNNING' });
    expect((await check({ bk_cloud_id: cloud.id })).body.data).toEqual({ total: 2, valid_count: 1 });
    expect((await check({ bk_cloud_id: '0' })).body.data).toEqual({ total: 0, valid_count: 0 });
    expect((await check({ bk_cloud_id: '99999999999' })).body.data).toEqual({ total: 0, valid_count: 0 });
  });

  it('wants a cloud', async () => {
    for (const body of [{}, { bk_cloud_id: 'x' }, { bk_cloud_id: '' }]) {
      expect((await check(body)).body).toMatchObject({
        code: 'VALIDATE_ERROR',
        messages: { bk_cloud_id: expect.any(Array) },
      });
    }
  });
});
