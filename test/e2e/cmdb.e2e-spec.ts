import { CmdbMember } from '../../src/cmdb/cmdb-member.entity.js';
import { CmdbService } from '../../src/cmdb/cmdb.service.js';
import { Host } from '../../src/hosts/host.entity.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { aCloud, aHost, aJob, aName, anAddress } from '../support/factories.js';

let api: TestApi;
/** A business of its own for each test, made through the API, with its idle pool. */
let biz: string;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  biz = (await api.admin.post('/api/cmdb/applications/', { ApplicationName: aName('biz') })).body.data.ApplicationID;
});

interface Topology {
  SetID: string;
  SetName: string;
  Children: { ModuleID: string; ModuleName: string; HOSTS: string[] }[];
}

const topo = async (query = '', client: ApiClient = api.admin): Promise<Topology[]> =>
  (await client.get(`/api/cmdb/${biz}/topo/${query}`)).body.data;
/** Addresses by the name of their module. */
const placed = async (): Promise<Record<string, string[]>> =>
  Object.fromEntries(
    (await topo('?add_hosts=1')).flatMap(({ Children }) =>
      Children.map(({ ModuleName, HOSTS }) => [ModuleName, HOSTS]),
    ),
  );
const newSet = async (SetName = aName('set')): Promise<string> =>
  (await api.admin.post(`/api/cmdb/${biz}/sets/`, { SetName })).body.data.SetID;
const newModule = async (SetID: string, ModuleName: string): Promise<string> =>
  (await api.admin.post(`/api/cmdb/${biz}/modules/`, { SetID, ModuleName })).body.data.ModuleID;
const place = (ModuleID: string, hosts: unknown, cloud: unknown = '0') =>
  api.admin.request('PUT', `/api/cmdb/${biz}/modules/${ModuleID}/hosts/`, { body: { bk_cloud_id: cloud, hosts } });
const take = (ModuleID: string, hosts: unknown) =>
  api.admin.delete(`/api/cmdb/${biz}/modules/${ModuleID}/hosts/`, { body: { hosts } });
const idle = async (name: '空闲机' | '故障机') =>
  (await topo())[0]!.Children.find(({ ModuleName }) => ModuleName === name)!.ModuleID;
const register = (address: string, cloudId = 0) =>
  api.app.get(CmdbService).register(api.dataSource.manager, { businessId: Number(biz), cloudId, address });

describe('GET applications', () => {
  it('starts with the resource pool', async () => {
    const { body } = await api.admin.get('/api/cmdb/applications/');
    expect(body.data[0]).toEqual({ ApplicationID: '1', ApplicationName: '资源池', CompanyID: '0' });
  });

  it('shows everyone their own businesses', async () => {
    const ids = async (client: ApiClient) =>
      (await client.get('/api/cmdb/applications')).body.data.map(
        ({ ApplicationID }: { ApplicationID: string }) => ApplicationID,
      );
    expect(await ids(await api.userWith({ [Number(biz)]: 'viewer', 1: 'operator' }))).toEqual(['1', biz]);
    expect(await ids(await api.userWith({}))).toEqual([]);
    expect(await ids(api.admin)).toContain(biz);
  });
});

describe('GET topo', () => {
  it('is the idle pool alone in a new business', async () => {
    expect(await topo()).toEqual([
      {
        SetID: expect.stringMatching(/^\d+$/),
        SetName: '空闲机池',
        Children: [
          { ModuleID: expect.stringMatching(/^\d+$/), ModuleName: '空闲机', HOSTS: [] },
          { ModuleID: expect.stringMatching(/^\d+$/), ModuleName: '故障机', HOSTS: [] },
        ],
      },
    ]);
  });

  it('lists sets by id after the idle pool, modules by id, and addresses when they are asked for', async () => {
    const [first, second] = [await newSet('z'), await newSet('a')];
    const module = await newModule(second, 'gateway');
    await newModule(second, 'db');
    await place(module, ['10.0.0.10', '10.0.0.9', 'fd00::1']);
    expect((await topo('?add_hosts=0')).flatMap(({ Children }) => Children.flatMap(({ HOSTS }) => HOSTS))).toEqual([]);
    for (const query of ['?add_hosts=1', '?add_hosts=true', '?add_hosts=True&isAjax=1']) {
      const [pool, ...sets] = await topo(query);
      expect(pool!.SetName).toBe('空闲机池');
      expect(sets).toEqual([
        { SetID: first, SetName: 'z', Children: [] },
        {
          SetID: second,
          SetName: 'a',
          Children: [
            { ModuleID: module, ModuleName: 'gateway', HOSTS: ['10.0.0.9', '10.0.0.10', 'fd00::1'] },
            { ModuleID: expect.any(String), ModuleName: 'db', HOSTS: [] },
          ],
        },
      ]);
    }
  });

  it('lists an address that is in two clouds once', async () => {
    const cloud = await aCloud(api.dataSource);
    const module = await newModule(await newSet(), 'm');
    await place(module, ['10.0.0.1'], cloud.id);
    await place(module, ['10.0.0.1']);
    expect((await placed())['m']).toEqual(['10.0.0.1']);
  });

  it('is for those with a role in the business', async () => {
    expect(await topo('', await api.userWith({ [Number(biz)]: 'viewer' }))).toHaveLength(1);
    const stranger = await api.userWith({ 1: 'operator' });
    expect((await stranger.get(`/api/cmdb/${biz}/topo/`)).body.code).toBe('PERMISSION_DENIED');
    expect((await stranger.get('/api/cmdb/999999/topo/')).body.code).toBe('PERMISSION_DENIED');
    expect((await api.admin.get('/api/cmdb/999999/topo/')).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.get('/api/cmdb/applications/topo/')).body.code).toBe('OBJECT_NOT_EXIST');
  });
});

describe('editing businesses', () => {
  const path = () => `/api/cmdb/applications/${biz}/`;

  it('renames and deletes', async () => {
    const name = aName('renamed');
    const { body } = await api.admin.request('PATCH', path(), { body: { ApplicationName: name } });
    expect(body.data).toEqual({ ApplicationID: biz, ApplicationName: name, CompanyID: '0' });
    expect((await api.admin.delete(path())).body).toMatchObject({ code: 'OK', data: null });
    expect((await api.admin.delete(path())).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.get(`/api/cmdb/${biz}/topo/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect(await api.app.get(CmdbService).businessExists(Number(biz))).toBe(false);
  });

  it.each(['', '  ', 'x'.repeat(65), 'a\u0000b', null, undefined, ['a']])(
    'refuses the name %j',
    async (ApplicationName) => {
      const { body } = await api.admin.post('/api/cmdb/applications/', { ApplicationName });
      expect([body.code, Object.keys(body.messages)]).toEqual(['VALIDATE_ERROR', ['ApplicationName']]);
    },
  );

  it('takes a name once, however many ask', async () => {
    const ApplicationName = aName('once');
    const codes = await Promise.all(
      Array.from(
        { length: 5 },
        async () => (await api.admin.post('/api/cmdb/applications/', { ApplicationName })).body.code,
      ),
    );
    expect(codes.sort()).toEqual(['OK', ...Array(4).fill('VALIDATE_ERROR')]);
    expect((await api.admin.request('PATCH', path(), { body: { ApplicationName } })).body.code).toBe('VALIDATE_ERROR');
  });

  it('keeps a business that has hosts or jobs, and the resource pool', async () => {
    const host = await aHost(api.dataSource, { businessId: Number(biz) });
    expect((await api.admin.delete(path())).body).toMatchObject({ result: false, code: 'FORM_VALIDATE_ERROR' });
    await api.dataSource.manager.delete(Host, { id: host.id });
    await aJob(api.dataSource, { businessId: Number(biz) });
    expect((await api.admin.delete(path())).body).toMatchObject({ result: false, code: 'FORM_VALIDATE_ERROR' });
    expect((await api.admin.delete('/api/cmdb/applications/1/')).body.code).toBe('FORM_VALIDATE_ERROR');
    expect(await topo()).toHaveLength(1);
  });

  it('is for administrators, as is all editing', async () => {
    const operator = await api.userWith({ [Number(biz)]: 'operator' });
    const attempts = [
      operator.post('/api/cmdb/applications/', { ApplicationName: 'x' }),
      operator.delete(path()),
      operator.post(`/api/cmdb/${biz}/sets/`, { SetName: 'x' }),
      operator.post(`/api/cmdb/${biz}/modules/`, { SetID: '1', ModuleName: 'x' }),
      operator.request('PUT', `/api/cmdb/${biz}/modules/1/hosts/`, { body: { hosts: ['10.0.0.1'] } }),
    ];
    for (const { body } of await Promise.all(attempts)) expect(body.code).toBe('PERMISSION_DENIED');
  });
});

describe('editing sets and modules', () => {
  it('renames them', async () => {
    const set = await newSet();
    const module = await newModule(set, 'old');
    const patch = (path: string, body: unknown) => api.admin.request('PATCH', `/api/cmdb/${biz}/${path}/`, { body });
    expect((await patch(`sets/${set}`, { SetName: 'new set' })).body.data).toEqual({ SetID: set, SetName: 'new set' });
    expect((await patch(`modules/${module}`, { ModuleName: ' new ' })).body.data).toEqual({
      SetID: set,
      ModuleID: module,
      ModuleName: 'new',
    });
    expect((await topo())[1]).toEqual({
      SetID: set,
      SetName: 'new set',
      Children: [{ ModuleID: module, ModuleName: 'new', HOSTS: [] }],
    });
  });

  it('takes a name once in a set, and once in a business', async () => {
    const [one, two] = [await newSet('one'), await newSet('two')];
    await newModule(one, 'm');
    const modules = `/api/cmdb/${biz}/modules/`;
    expect((await api.admin.post(modules, { SetID: Number(two), ModuleName: 'm' })).body.code).toBe('OK');
    const again = (await api.admin.post(modules, { SetID: one, ModuleName: 'm' })).body;
    expect([again.code, Object.keys(again.messages)]).toEqual(['VALIDATE_ERROR', ['ModuleName']]);
    const set = (await api.admin.post(`/api/cmdb/${biz}/sets/`, { SetName: 'one' })).body;
    expect([set.code, Object.keys(set.messages)]).toEqual(['VALIDATE_ERROR', ['SetName']]);
    expect(
      (await api.admin.request('PATCH', `/api/cmdb/${biz}/sets/${two}/`, { body: { SetName: 'one' } })).body.code,
    ).toBe('VALIDATE_ERROR');
  });

  it('leaves the idle pool as it is', async () => {
    const pool = (await topo())[0]!;
    const { SetID } = pool;
    const attempts = [
      api.admin.delete(`/api/cmdb/${biz}/sets/${SetID}/`),
      api.admin.request('PATCH', `/api/cmdb/${biz}/sets/${SetID}/`, { body: { SetName: 'x' } }),
      api.admin.post(`/api/cmdb/${biz}/modules/`, { SetID, ModuleName: 'x' }),
      ...pool.Children.flatMap(({ ModuleID }) => [
        api.admin.delete(`/api/cmdb/${biz}/modules/${ModuleID}/`),
        api.admin.request('PATCH', `/api/cmdb/${biz}/modules/${ModuleID}/`, { body: { ModuleName: 'x' } }),
      ]),
    ];
    for (const { status } of await Promise.all(attempts)) expect(status).toBe(400);
    expect(await topo()).toEqual([pool]);
  });

  it("does not know another business's sets and modules", async () => {
    const set = await newSet();
    const module = await newModule(set, 'm');
    const attempts = [
      api.admin.request('PATCH', `/api/cmdb/1/sets/${set}/`, { body: { SetName: 'x' } }),
      api.admin.delete(`/api/cmdb/1/sets/${set}/`),
      api.admin.request('PATCH', `/api/cmdb/1/modules/${module}/`, { body: { ModuleName: 'x' } }),
      api.admin.delete(`/api/cmdb/1/modules/${module}/`),
      api.admin.request('PUT', `/api/cmdb/1/modules/${module}/hosts/`, { body: { hosts: ['10.0.0.1'] } }),
    ];
    for (const { body } of await Promise.all(attempts)) expect(body.code).toBe('OBJECT_NOT_EXIST');
    const { body } = await api.admin.post('/api/cmdb/1/modules/', { SetID: set, ModuleName: 'x' });
    expect([body.code, Object.keys(body.messages)]).toEqual(['VALIDATE_ERROR', ['SetID']]);
  });
});

describe('placing hosts', () => {
  it('takes a machine out of the idle pool, and puts it back from its last module', async () => {
    const address = anAddress();
    const set = await newSet();
    const [one, two] = [await newModule(set, 'one'), await newModule(set, 'two')];
    await register(address);
    expect(await placed()).toEqual({ 空闲机: [address], 故障机: [], one: [], two: [] });
    expect((await place(one, [address])).body.data).toEqual({ changed: 1 });
    expect((await place(one, [address])).body.data).toEqual({ changed: 0 });
    await place(two, address);
    expect(await placed()).toEqual({ 空闲机: [], 故障机: [], one: [address], two: [address] });
    expect((await take(one, [address])).body.data).toEqual({ changed: 1 });
    expect(await placed()).toEqual({ 空闲机: [], 故障机: [], one: [], two: [address] });
    await take(two, [address]);
    expect(await placed()).toEqual({ 空闲机: [address], 故障机: [], one: [], two: [] });
  });

  it('puts a machine into 故障机 out of everything else, and back', async () => {
    const address = anAddress();
    const module = await newModule(await newSet(), 'm');
    await place(module, [address]);
    await place(await idle('故障机'), [address]);
    expect(await placed()).toEqual({ 空闲机: [], 故障机: [address], m: [] });
    await take(await idle('故障机'), [address]);
    expect(await placed()).toEqual({ 空闲机: [address], 故障机: [], m: [] });
    await take(await idle('空闲机'), [address]);
    expect(await placed()).toEqual({ 空闲机: [], 故障机: [], m: [] });
  });

  it('puts machines back when their module or set is deleted', async () => {
    const [one, two, both] = [anAddress(), anAddress(), anAddress()];
    const [dying, staying] = [await newSet(), await newSet()];
    const [a, b, c] = [await newModule(dying, 'a'), await newModule(dying, 'b'), await newModule(staying, 'c')];
    await place(a, [one, both]);
    await place(b, [two]);
    await place(c, [both]);
    await api.admin.delete(`/api/cmdb/${biz}/modules/${a}/`);
    expect(await placed()).toEqual({ 空闲机: [one], 故障机: [], b: [two], c: [both] });
    await api.admin.delete(`/api/cmdb/${biz}/sets/${dying}/`);
    expect(await placed()).toEqual({ 空闲机: [one, two], 故障机: [], c: [both] });
  });

  it('never leaves a machine in no module when two take it out at once', async () => {
    const set = await newSet();
    const modules = await Promise.all(['a', 'b', 'c', 'd'].map((name) => newModule(set, name)));
    const addresses = Array.from({ length: 5 }, anAddress);
    for (const module of modules) await place(module, addresses);
    await Promise.all(modules.map((module) => take(module, addresses)));
    expect((await placed())['空闲机']).toHaveLength(5);
  });

  it.each([
    [['10.0.0.1', '10.1'], '0', 'hosts'],
    [['010.0.0.1'], '0', 'hosts'],
    [[], '0', 'hosts'],
    [undefined, '0', 'hosts'],
    [[{}], '0', 'hosts'],
    [['10.0.0.1'], '999999', 'bk_cloud_id'],
    [['10.0.0.1'], 'abc', 'bk_cloud_id'],
  ])('refuses hosts %j in cloud %j', async (hosts, cloud, field) => {
    const module = await newModule(await newSet(), 'm');
    const { body } = await place(module, hosts, cloud);
    expect([body.code, Object.keys(body.messages)]).toEqual(['VALIDATE_ERROR', [field]]);
    expect((await placed())['m']).toEqual([]);
  });
});

describe('what other features use', () => {
  it('registers once, leaves a placed machine where it is, and unregisters', async () => {
    const [idleOne, placedOne] = [anAddress(), anAddress()];
    const module = await newModule(await newSet(), 'm');
    await place(module, [placedOne]);
    await Promise.all([idleOne, idleOne, placedOne].map((address) => register(address)));
    expect(await placed()).toEqual({ 空闲机: [idleOne], 故障机: [], m: [placedOne] });
    const cmdb = api.app.get(CmdbService);
    for (const address of [idleOne, placedOne, placedOne]) {
      await cmdb.unregister(api.dataSource.manager, { businessId: Number(biz), cloudId: 0, address });
    }
    expect(await api.dataSource.manager.countBy(CmdbMember, { businessId: Number(biz) })).toBe(0);
  });

  it('finds hosts by set and module, each alone too', async () => {
    const [one, two] = [await newSet(), await newSet()];
    const [a, b] = [await newModule(one, 'a'), await newModule(two, 'b')];
    const businessId = Number(biz);
    const hosts = [await aHost(api.dataSource, { businessId }), await aHost(api.dataSource, { businessId })];
    await place(a, [hosts[0]!.innerIp]);
    await place(b, [hosts[1]!.innerIp]);
    const found = async (membership: { setId?: number; moduleId?: number }) => {
      const { sql, parameters } = api.app.get(CmdbService).memberCondition('host', membership);
      const rows = api.dataSource.getRepository(Host).createQueryBuilder('host').where(sql, parameters);
      return (await rows.getMany()).map(({ id }) => id);
    };
    expect(await found({ setId: Number(one) })).toEqual([hosts[0]!.id]);
    expect(await found({ moduleId: Number(b) })).toEqual([hosts[1]!.id]);
    expect(await found({ setId: Number(one), moduleId: Number(b) })).toEqual([]);
  });
});
