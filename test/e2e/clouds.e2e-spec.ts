import type { Cloud } from '../../src/clouds/cloud.entity.js';
import { CloudsService } from '../../src/clouds/clouds.service.js';
import { CmdbMember } from '../../src/cmdb/cmdb-member.entity.js';
import { Host } from '../../src/hosts/host.entity.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost, aMember, aModule, aName, anAddress, aSet } from '../support/factories.js';

let api: TestApi;
let biz: number;
let operator: ApiClient;

beforeAll(async () => {
  api = await startApi();
  biz = (await aBusiness(api.dataSource)).id;
  operator = await api.userWith({ [biz]: 'operator' });
});
afterAll(() => api.close());

const clouds = () => `/api/${biz}/clouds/`;
const create = (bk_cloud_name: unknown, client = operator) => client.post(clouds(), { bk_cloud_name });
const hostIn = (cloud: Cloud, overrides: Partial<Host> = {}) =>
  aHost(api.dataSource, { businessId: biz, cloudId: cloud.id, nodeType: 'PROXY', ...overrides });

describe('POST clouds', () => {
  it('makes a cloud and answers its item', async () => {
    const { status, body } = await create('华南-1_a');
    expect(status).toBe(200);
    expect(body.data).toEqual({
      bk_cloud_id: expect.stringMatching(/^[1-9]\d*$/),
      bk_cloud_name: '华南-1_a',
      creator: expect.stringMatching(/^user/),
      created_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      proxy_total: 0,
      proxy_valid: 0,
      host_count: 0,
    });
    expect((await operator.get(`${clouds()}${body.data.bk_cloud_id}/`)).body.data).toEqual(body.data);
  });

  it('takes forms, and trims the name', async () => {
    const name = aName('form');
    const { body } = await operator.post(clouds(), new URLSearchParams({ bk_cloud_name: ` ${name} `, isAjax: '1' }));
    expect(body.data.bk_cloud_name).toBe(name);
  });

  it.each(['', '   ', 'a b', 'a/b', 'a.b', '名称！', 'x'.repeat(33), '😀', null, undefined, ['a'], { a: 1 }, true])(
    'refuses the name %j',
    async (name) => {
      const { status, body } = await create(name);
      expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['bk_cloud_name']]);
    },
  );

  it('takes 32 letters, counted as people count', async () => {
    expect((await create('𠮷'.repeat(32))).body.code).toBe('OK');
  });

  it('refuses a name that is taken, also that of cloud 0, in any business', async () => {
    const name = aName('taken');
    expect((await create(name)).body.code).toBe('OK');
    expect(Object.keys((await create(name)).body.messages)).toEqual(['bk_cloud_name']);
    expect((await api.admin.post('/api/1/clouds/', { bk_cloud_name: name })).body.code).toBe('VALIDATE_ERROR');
    expect((await create('直连区域')).body.code).toBe('VALIDATE_ERROR');
  });

  it('makes only one when many ask at once', async () => {
    const name = aName('race');
    const codes = (await Promise.all(Array.from({ length: 6 }, () => create(name)))).map(({ body }) => body.code);
    expect(codes.sort()).toEqual(['OK', ...Array(5).fill('VALIDATE_ERROR')]);
  });

  it('is for operators', async () => {
    const viewer = await api.userWith({ [biz]: 'viewer' });
    expect((await create(aName('no'), viewer)).body.code).toBe('PERMISSION_DENIED');
    expect((await create(aName('no'), api.anonymous)).body.code).toBe('UNAUTHORIZED');
    expect((await operator.post('/api/1/clouds/', { bk_cloud_name: aName('no') })).body.code).toBe('PERMISSION_DENIED');
  });
});

describe('GET clouds', () => {
  it("lists all but cloud 0 by id, with the business's own counts", async () => {
    const cloud = await aCloud(api.dataSource);
    const other = await aBusiness(api.dataSource);
    await hostIn(cloud, { agentStatus: 'RUNNING' });
    await hostIn(cloud, { agentStatus: 'TERMINATED' });
    await hostIn(cloud, { nodeType: 'PAGENT', agentStatus: 'RUNNING' });
    await hostIn(cloud, { agentStatus: 'RUNNING', removedAt: new Date() });
    await hostIn(cloud, { agentStatus: 'RUNNING', businessId: other.id });
    const { data } = (await operator.get(clouds())).body;
    const ids = data.map(({ bk_cloud_id }: { bk_cloud_id: string }) => Number(bk_cloud_id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids).not.toContain(0);
    expect(data.at(-1)).toMatchObject({
      bk_cloud_id: String(cloud.id),
      proxy_total: 2,
      proxy_valid: 1,
      host_count: 3,
    });
    expect((await api.admin.get(`/api/${other.id}/clouds`)).body.data.at(-1)).toMatchObject({ host_count: 1 });
  });

  it('shows cloud 0 when it is asked for', async () => {
    const { data } = (await operator.get(`${clouds()}0/`)).body;
    expect(data).toMatchObject({ bk_cloud_id: '0', bk_cloud_name: '直连区域', creator: 'system' });
  });

  it.each(['999999', 'abc', '-1', '2147483648', '1.5'])('knows no cloud %s', async (id) => {
    expect((await operator.get(`${clouds()}${id}/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await operator.request('PATCH', `${clouds()}${id}/`, { body: { bk_cloud_name: 'x' } })).body.code).toBe(
      'OBJECT_NOT_EXIST',
    );
    expect((await operator.delete(`${clouds()}${id}/`)).body.code).toBe('OBJECT_NOT_EXIST');
  });
});

describe('PATCH clouds', () => {
  const rename = (id: number, bk_cloud_name: string, client = operator) =>
    client.request('PATCH', `${clouds()}${id}/`, { body: { bk_cloud_name } });

  it('renames, also to the same name', async () => {
    const cloud = await aCloud(api.dataSource);
    const name = aName('new');
    expect((await rename(cloud.id, name)).body.data).toMatchObject({ bk_cloud_name: name, creator: 'admin' });
    expect((await rename(cloud.id, name)).body.code).toBe('OK');
  });

  it('refuses a name that is taken or not one', async () => {
    const [one, two] = [await aCloud(api.dataSource), await aCloud(api.dataSource)];
    expect((await rename(one.id, two.name)).body.code).toBe('VALIDATE_ERROR');
    expect((await rename(one.id, 'a b')).body.code).toBe('VALIDATE_ERROR');
  });

  it('leaves cloud 0 alone', async () => {
    expect((await rename(0, 'x', api.admin)).body).toMatchObject({ result: false, code: 'FORM_VALIDATE_ERROR' });
  });
});

describe('DELETE clouds', () => {
  const remove = (cloud: Pick<Cloud, 'id'>, client = operator) => client.delete(`${clouds()}${cloud.id}/`);

  it('deletes an empty cloud, with the traces of what was removed from it', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await hostIn(cloud, { removedAt: new Date() });
    const set = await aSet(api.dataSource, { businessId: biz });
    await aMember(api.dataSource, await aModule(api.dataSource, set), host);
    expect((await remove(cloud)).body).toMatchObject({ code: 'OK', data: null });
    expect(await api.app.get(CloudsService).find(cloud.id)).toBeNull();
    expect(await api.dataSource.manager.countBy(Host, { cloudId: cloud.id })).toBe(0);
    expect(await api.dataSource.manager.countBy(CmdbMember, { cloudId: cloud.id })).toBe(0);
    expect((await remove(cloud)).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('refuses while there are hosts, naming five that the caller may see', async () => {
    const cloud = await aCloud(api.dataSource);
    const secret = await hostIn(cloud, { businessId: (await aBusiness(api.dataSource)).id });
    expect((await remove(cloud)).body).toMatchObject({ code: 'FORM_VALIDATE_ERROR', data: null });
    expect((await remove(cloud)).body.message).not.toContain(secret.innerIp);
    const mine = [];
    for (let i = 0; i < 6; i++) mine.push(await hostIn(cloud, { innerIp: anAddress() }));
    const { message } = (await remove(cloud)).body;
    expect(mine.filter(({ innerIp }) => message.includes(innerIp))).toHaveLength(5);
    expect(message).not.toContain(secret.innerIp);
    expect(await api.app.get(CloudsService).get(cloud.id)).toMatchObject({ id: cloud.id });
    expect((await remove(cloud, api.admin)).body.message).toContain(secret.innerIp);
  });

  it('leaves cloud 0 alone', async () => {
    expect((await remove({ id: 0 }, api.admin)).body.code).toBe('FORM_VALIDATE_ERROR');
  });

  it('is for operators', async () => {
    const cloud = await aCloud(api.dataSource);
    expect((await remove(cloud, await api.userWith({ [biz]: 'viewer' }))).body.code).toBe('PERMISSION_DENIED');
  });
});

it('names clouds by id, for other features', async () => {
  const cloud = await aCloud(api.dataSource);
  const names = await api.app.get(CloudsService).namesOf([0, cloud.id, 999_999]);
  expect([...names]).toEqual(
    expect.arrayContaining([
      [0, '直连区域'],
      [cloud.id, cloud.name],
    ]),
  );
  expect(names.size).toBe(2);
});
