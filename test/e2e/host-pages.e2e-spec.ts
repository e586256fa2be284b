import type { Host } from '../../src/hosts/host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost } from '../support/factories.js';

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
const list = async (query: string | Record<string, string> = {}) =>
  api.admin.get(`/api/${biz}/hosts/?${new URLSearchParams(query).toString()}`);
const idsOf = async (query: string | Record<string, string>): Promise<number[]> => {
  const { status, body } = await list(query);
  if (status !== 200) throw new Error(JSON.stringify(body));
  expect(body.data.count).toBe(body.data.items.length);
  return body.data.items.map(({ id }: Host) => id);
};
const ids = (...hosts: Host[]) => hosts.map(({ id }) => id).sort((a, b) => b - a);

describe('order and pages of the host list', () => {
  it.each([
    ['inner_ip', ['9.0.0.1', '10.0.0.1', '10.0.0.2']],
    ['-inner_ip', ['10.0.0.2', '10.0.0.1', '9.0.0.1']],
  ])('orders by %s as addresses, not as text', async (orderBy, expected) => {
    const cloud = await aCloud(api.dataSource);
    for (const innerIp of ['10.0.0.2', '9.0.0.1', '10.0.0.1']) await hostOf({ innerIp, cloudId: cloud.id });
    const { body } = await list({ order_by: orderBy });
    expect(body.data.items.map((item: any) => item.inner_ip)).toEqual(expected);
  });

  it('breaks ties by id', async () => {
    const hosts = [await hostOf(), await hostOf(), await hostOf()];
    expect(await idsOf({ order_by: 'node_type' })).toEqual(ids(...hosts).reverse());
    expect(await idsOf({ order_by: '-node_type' })).toEqual(ids(...hosts));
    expect(await idsOf({})).toEqual(ids(...hosts));
  });

  it('pages with links that keep the query', async () => {
    for (let n = 0; n < 5; n++) await hostOf();
    const { body } = await list({ page_size: '2', page: '2', order_by: 'id', keyword: 'linux' });
    expect(body.data).toMatchObject({ page: 2, total_page: 3, count: 5 });
    expect(body.data.perevious).toBe(body.data.previous);
    const next = await api.admin.get(body.data.next);
    expect(next.body.data).toMatchObject({ page: 3, next: null });
    expect(next.body.data.items).toHaveLength(1);
    expect((await api.admin.get(body.data.previous)).body.data).toMatchObject({ page: 1, previous: null });
  });

  it('has nothing past the end', async () => {
    await hostOf();
    expect((await list({ page: '7' })).body.data).toMatchObject({ page: 7, count: 1, items: [], next: null });
  });

  it('takes empty values for absent ones', async () => {
    await hostOf();
    const { body } = await list('page=&page_size=&keyword=&order_by=&cursor=&ip=&bk_set_id=&agent_status=');
    expect(body.data).toMatchObject({ page: 1, count: 1, total_page: 1 });
  });

  it('costs the same number of statements however many hosts there are', async () => {
    const countStatements = async () => {
      const { logger } = api.dataSource;
      let statements = 0;
      api.dataSource.logger = { ...logger, logQuery: () => void statements++ } as unknown as typeof logger;
      (api.dataSource.options as { logging?: unknown }).logging = true;
      await list({ keyword: 'linux', bk_set_id: '1' });
      api.dataSource.logger = logger;
      (api.dataSource.options as { logging?: unknown }).logging = undefined;
      return statements;
    };
    await hostOf();
    const forOne = await countStatements();
    for (let n = 0; n < 9; n++) await hostOf();
    expect(await countStatements()).toBe(forOne);
  });
});

describe('a walk by cursor', () => {
  const walk = async (query: Record<string, string>, onPage: () => Promise<unknown> = () => Promise.resolve()) => {
    const seen: number[] = [];
    const pages: any[] = [];
    let path: string | null = `/api/${biz}/hosts/?${new URLSearchParams({ ...query, cursor: '*' }).toString()}`;
    while (path) {
      const { data }: any = (await api.admin.get(path)).body;
      pages.push(data);
      seen.push(...data.items.map((item: any) => item.id));
      path = data.next;
      await onPage();
    }
    return { seen, pages };
  };

  it.each(['id', '-id', 'inner_ip', '-update_time', 'created_time', 'version', '-bk_cloud_id', 'agent_status'])(
    'sees each host once, in the order of %s',
    async (orderBy) => {
      for (let n = 0; n < 7; n++) await hostOf({ agentVersion: `1.${n % 3}` });
      const { seen, pages } = await walk({ order_by: orderBy, page_size: '3' });
      expect(seen).toEqual(await idsOf({ order_by: orderBy }));
      expect(pages.map(({ page, count, total_page, previous }) => [page, count, total_page, previous])).toEqual([
        [1, 7, 3, null],
        [2, 7, 3, null],
        [3, 7, 3, null],
      ]);
    },
  );

  it('neither skips nor repeats when hosts come and go', async () => {
    const hosts: Host[] = [];
    for (let n = 0; n < 6; n++) hosts.push(await hostOf());
    const { seen } = await walk({ page_size: '2' }, () => hostOf());
    expect(seen).toEqual(ids(...hosts));
  });

  it('ends where the last page is just full, and when there is nothing', async () => {
    expect((await walk({})).seen).toEqual([]);
    await hostOf();
    expect((await walk({ page_size: '1' })).pages).toHaveLength(1);
  });

  it('refuses a cursor that was made for another order, or changed', async () => {
    await hostOf();
    await hostOf();
    const { next } = (await list({ cursor: '*', page_size: '1' })).body.data;
    expect((await api.admin.get(`${next}&order_by=inner_ip`)).body.messages).toHaveProperty('order_by');
    const cursor = new URLSearchParams(next.split('?')[1]).get('cursor')!;
    expect((await list({ cursor: `A${cursor}` })).body.messages).toHaveProperty('cursor');
  });
});
