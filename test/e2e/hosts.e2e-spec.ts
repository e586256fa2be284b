import type { Host } from '../../src/hosts/host.entity.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import {
  aBusiness,
  aCloud,
  aHost,
  aHostKey,
  aMember,
  aModule,
  anAddress,
  anAgent,
  aSet,
  POOL,
} from '../support/factories.js';

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
const list = async (query: string | Record<string, string> = {}, client: ApiClient = api.admin) =>
  client.get(`/api/${biz}/hosts/?${new URLSearchParams(query).toString()}`);
const idsOf = async (query: string | Record<string, string>): Promise<number[]> => {
  const { status, body } = await list(query);
  if (status !== 200) throw new Error(JSON.stringify(body));
  expect(body.data.count).toBe(body.data.items.length);
  return body.data.items.map(({ id }: Host) => id);
};
const ids = (...hosts: Host[]) => hosts.map(({ id }) => id).sort((a, b) => b - a);
const english = () => api.admin.with({ 'accept-language': 'en' });

describe('GET hosts', () => {
  it('tells exactly what the contract says of a new host', async () => {
    const host = await hostOf({
      outerIp: '198.51.100.7',
      account: 'ops',
      port: 2222,
      authType: 'KEY',
      hasCygwin: true,
    });
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body.data).toEqual({
      ...{ page: 1, total_page: 1, count: 1, next: null, previous: null, perevious: null },
      items: [
        {
          id: host.id,
          bk_biz_id: String(biz),
          bk_cloud_id: '0',
          bk_cloud_name: '直连区域',
          inner_ip: host.innerIp,
          outer_ip: '198.51.100.7',
          node_type: 'AGENT',
          os_type: 'LINUX',
          account: 'ops',
          port: 2222,
          auth_type: 'KEY',
          has_cygwin: true,
          password: '',
          key: '',
          has_credential: false,
          credential_expires_at: null,
          update_time: host.updatedAt.toISOString(),
          created_time: host.createdAt.toISOString(),
          status: [
            {
              ...{ name: 'nodeman-agent', type: 'agent', status: 'UNKNOWN', version: '--' },
              ...{ host_id: host.id, update_time: null },
            },
          ],
          job_result: { job_id: '', status: '', err_code: '', err_code_desc: '', code: '', step: '', step_desc: '' },
        },
      ],
    });
  });

  it('words the last job in the language of the caller', async () => {
    const why = { zh: '密码错误，账号 root', en: 'The password of root was refused' };
    const job = { jobId: 14, jobStatus: 'FAILED', jobErrCode: 'SSH_WRONG_PASSWORD', jobStep: 'SSH_LOGIN' } as const;
    await hostOf({ ...job, jobErrDesc: why });
    const inEnglish = (await list({}, english())).body.data.items[0].job_result;
    expect(inEnglish).toEqual({
      ...{ job_id: '14', status: 'FAILED', err_code: 'SSH_WRONG_PASSWORD', code: 'SSH_WRONG_PASSWORD' },
      ...{ step: 'SSH_LOGIN', err_code_desc: why.en, step_desc: 'Logging in to the host' },
    });
    const inChinese = (await list()).body.data.items[0].job_result;
    expect(inChinese).toMatchObject({ err_code_desc: why.zh, step_desc: '登录目标主机' });
  });

  it('says what a code means where the run has no sentence of its own', async () => {
    await hostOf({ jobId: 14, jobStatus: 'QUEUE', jobErrCode: 'INIT', jobStep: 'INIT' });
    expect((await list()).body.data.items[0].job_result).toMatchObject({ err_code_desc: '排队中，尚未开始' });
  });

  it('shows plugins after the agent', async () => {
    const host = await hostOf({ agentStatus: 'RUNNING', agentVersion: '1.2.3', agentStatusAt: new Date() });
    await anAgent(api.dataSource, host.id, {
      processes: [{ name: 'basereport', status: 'RUNNING', version: '' }],
      reportedAt: new Date(),
    });
    expect((await list()).body.data.items[0].status).toMatchObject([
      { type: 'agent', status: 'RUNNING', version: '1.2.3' },
      { name: 'basereport', type: 'plugin', status: 'RUNNING', version: '--', host_id: host.id },
    ]);
  });

  it('tells that a credential is stored until it expires, and never shows it', async () => {
    const [stored, expired] = [await hostOf(), await hostOf()];
    const insert = `INSERT INTO credentials (host_id, kind, ciphertext, key_id, expires_at) VALUES ($1, 'PASSWORD', 'x', 'k', $2)`;
    const expiresAt = new Date(Date.now() + 60_000);
    await api.dataSource.query(insert, [stored.id, expiresAt]);
    await api.dataSource.query(insert, [expired.id, new Date(Date.now() - 1)]);
    const [second, first] = (await list()).body.data.items;
    expect(first).toMatchObject({
      ...{ has_credential: true, credential_expires_at: expiresAt.toISOString(), password: '', key: '' },
    });
    expect(second).toMatchObject({ has_credential: false, credential_expires_at: null });
  });

  it('leaves out removed hosts and those of other businesses', async () => {
    const host = await hostOf();
    await hostOf({ removedAt: new Date() });
    await aHost(api.dataSource);
    expect(await idsOf({})).toEqual([host.id]);
  });
});

describe('filters of the host list', () => {
  it('narrows by cloud', async () => {
    const cloud = await aCloud(api.dataSource);
    const there = await hostOf({ cloudId: cloud.id, nodeType: 'PROXY' });
    const here = await hostOf();
    expect(await idsOf({ bk_cloud_id: String(cloud.id) })).toEqual([there.id]);
    expect(await idsOf({ bk_cloud_id: '0' })).toEqual([here.id]);
    expect(await idsOf({ bk_cloud_id: '99999999999' })).toEqual([]);
    expect(await idsOf({ bk_cloud_id: '' })).toEqual(ids(here, there));
  });

  it('narrows by set and module, each alone too', async () => {
    const set = await aSet(api.dataSource, { businessId: biz });
    const [first, second] = [await aModule(api.dataSource, set), await aModule(api.dataSource, set)];
    const [inFirst, inSecond, inNone] = [await hostOf(), await hostOf(), await hostOf()];
    await aMember(api.dataSource, first, inFirst);
    await aMember(api.dataSource, second, inSecond);
    expect(await idsOf({ bk_set_id: String(set.id) })).toEqual(ids(inFirst, inSecond));
    expect(await idsOf({ bk_module_id: String(first.id) })).toEqual([inFirst.id]);
    expect(await idsOf({ bk_set_id: String(set.id), bk_module_id: String(second.id) })).toEqual([inSecond.id]);
    expect(await idsOf({ bk_set_id: '999999', bk_module_id: String(second.id) })).toEqual([]);
    expect(await idsOf({ bk_set_id: '', ip: inNone.innerIp })).toEqual([inNone.id]);
  });

  it('does not find hosts by the sets of another business', async () => {
    const foreign = await aModule(api.dataSource, await aSet(api.dataSource));
    const host = await hostOf();
    await aMember(api.dataSource, foreign, host);
    expect(await idsOf({ bk_set_id: String(foreign.setId) })).toEqual([]);
    expect(await idsOf({ bk_module_id: String(foreign.id) })).toEqual([]);
  });

  it('narrows by part of the version', async () => {
    const [old, recent] = [await hostOf({ agentVersion: '1.2.0-RC1' }), await hostOf({ agentVersion: '2.0.1' })];
    await hostOf();
    expect(await idsOf({ version: '1.2' })).toEqual([old.id]);
    expect(await idsOf({ version: 'rc' })).toEqual([old.id]);
    expect(await idsOf({ version: '.0' })).toEqual(ids(old, recent));
    expect(await idsOf({ version: '_' })).toEqual([]);
  });

  it('looks for a keyword in addresses, types and cloud name, in any case', async () => {
    const cloud = await aCloud(api.dataSource, { name: `上海-ZoneA-${biz}` });
    const proxy = await hostOf({ cloudId: cloud.id, nodeType: 'PROXY', outerIp: '203.0.113.77' });
    const aix = await hostOf({ osType: 'AIX', innerIp: '2001:db8:77::1' });
    expect(await idsOf({ keyword: '203.0.113.7' })).toEqual([proxy.id]);
    expect(await idsOf({ keyword: '2001:DB8:77' })).toEqual([aix.id]);
    expect(await idsOf({ keyword: 'aix' })).toEqual([aix.id]);
    expect(await idsOf({ keyword: 'PROX' })).toEqual([proxy.id]);
    expect(await idsOf({ keyword: '上海' })).toEqual([proxy.id]);
    expect(await idsOf({ keyword: 'zonea' })).toEqual([proxy.id]);
    expect(await idsOf({ keyword: ' aix ' })).toEqual([aix.id]);
  });

  it.each(['%', '_', '\\', "'", '"; DROP TABLE hosts; --', '%25', '\n'])(
    'takes the keyword %j literally',
    async (keyword) => {
      await hostOf();
      expect((await list({ keyword })).body.data.count).toBe(keyword.trim() === '' ? 1 : 0);
    },
  );

  it('finds exact addresses, inner and outer', async () => {
    const [first, second] = [await hostOf(), await hostOf({ outerIp: '203.0.113.9' })];
    const six = await hostOf({ innerIp: `2001:db8::${biz.toString(16)}` });
    await hostOf();
    expect(await idsOf({ ip: `${first.innerIp}, ,203.0.113.9,192.0.2.1` })).toEqual(ids(first, second));
    expect(await idsOf({ ip: `2001:0DB8:0:0::${biz.toString(16)}` })).toEqual([six.id]);
  });

  it('narrows by words, one or several', async () => {
    const running = await hostOf({ agentStatus: 'RUNNING', jobStatus: 'SUCCESS' });
    const failed = await hostOf({ agentStatus: 'TERMINATED', jobStatus: 'FAILED', osType: 'AIX' });
    await hostOf();
    expect(await idsOf({ agent_status: 'RUNNING' })).toEqual([running.id]);
    expect(await idsOf({ agent_status: 'RUNNING,TERMINATED' })).toEqual(ids(running, failed));
    expect(await idsOf({ job_status: 'FAILED' })).toEqual([failed.id]);
    expect(await idsOf({ os_type: 'AIX' })).toEqual([failed.id]);
    expect(await idsOf({ node_type: 'PAGENT' })).toEqual([]);
  });

  it('lets all filters hold at once', async () => {
    const host = await hostOf({ agentStatus: 'RUNNING', agentVersion: '1.0.0' });
    await hostOf({ agentStatus: 'RUNNING', agentVersion: '2.0.0' });
    const query = { bk_cloud_id: '0', agent_status: 'RUNNING', version: '1.', keyword: 'linux', os_type: 'LINUX' };
    expect(await idsOf({ ...query, node_type: 'AGENT', ip: host.innerIp, isAjax: '1' })).toEqual([host.id]);
    expect(await idsOf({ ...query, job_status: 'QUEUE' })).toEqual([]);
  });

  it.each([
    ['bk_cloud_id', 'abc'],
    ['bk_set_id', '1.5'],
    ['bk_module_id', '-1'],
    ['ip', '10.1'],
    ['ip', '010.0.0.1'],
    ['node_type', 'SERVER'],
    ['agent_status', 'RUNNING,DEAD'],
    ['job_status', 'running'],
    ['order_by', 'password'],
    ['order_by', 'id desc'],
    ['cursor', 'x'],
    ['page', '0'],
    ['page', 'abc'],
    ['page_size', '501'],
    ['keyword', 'a\0b'],
    ['version', '\0'],
    ['keyword', 'x'.repeat(300)],
  ])('refuses %s=%j', async (field, value) => {
    const { status, body } = await list({ [field]: value });
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', [field]]);
  });

  it('refuses a filter that is given twice', async () => {
    expect((await list('keyword=a&keyword=b')).body.messages).toHaveProperty('keyword');
  });
});

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

describe('one host', () => {
  it('is told as in the list', async () => {
    const host = await hostOf();
    const { status, body } = await api.admin.get(`/api/${biz}/hosts/${host.id}/`);
    expect(status).toBe(200);
    expect(body.data).toEqual((await list()).body.data.items[0]);
  });

  it('does not exist when it is of another business, removed, or no id at all', async () => {
    const removed = await hostOf({ removedAt: new Date() });
    const foreign = await aHost(api.dataSource);
    for (const id of [removed.id, foreign.id, 2_000_000_000, 0, -1, 'abc', '99999999999', '1e3']) {
      const { status, body } = await api.admin.get(`/api/${biz}/hosts/${id}/`);
      expect([status, body.code, body.data]).toEqual([404, 'OBJECT_NOT_EXIST', null]);
    }
  });
});

describe('GET host_status', () => {
  const statusOf = (hostIds: string) =>
    api.admin.get(`/api/${biz}/host_status/?${new URLSearchParams({ host_ids: hostIds }).toString()}`);

  it('tells the elements of the hosts that the business has', async () => {
    const [host, other] = [await hostOf({ agentStatus: 'RUNNING', agentVersion: '1.0.0' }), await hostOf()];
    const foreign = await aHost(api.dataSource);
    const removed = await hostOf({ removedAt: new Date() });
    const { body } = await statusOf(`${other.id}, ,${host.id},${host.id},${foreign.id},${removed.id},999999999999,`);
    expect(body.data).toEqual([
      {
        ...{ name: 'nodeman-agent', type: 'agent', status: 'RUNNING', version: '1.0.0' },
        ...{ host_id: host.id, update_time: null },
      },
      expect.objectContaining({ host_id: other.id, status: 'UNKNOWN', version: '--' }),
    ]);
  });

  it('refuses what are no ids, none, and too many', async () => {
    for (const hostIds of ['abc', '1,x', '1.5', '', Array.from({ length: 2_001 }, (_, n) => n + 1).join()]) {
      const { status, body } = await statusOf(hostIds);
      expect([status, Object.keys(body.messages)]).toEqual([400, ['host_ids']]);
    }
    expect((await statusOf(Array.from({ length: 2_000 }, (_, n) => n + 900_000).join())).body.data).toEqual([]);
  });
});

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

describe('host keys', () => {
  it('are listed and forgotten, on all ports of the host', async () => {
    const host = await hostOf();
    const key = await aHostKey(api.dataSource, host);
    await aHostKey(api.dataSource, { ...host, port: 2222 });
    const other = await aHostKey(api.dataSource, await hostOf());
    const path = `/api/${biz}/hosts/${host.id}/host_keys/`;
    const { body } = await api.admin.get(path);
    expect(body.data).toHaveLength(2);
    expect(body.data[0]).toEqual({
      ...{ bk_cloud_id: '0', address: host.innerIp, port: 22, key_type: 'ssh-ed25519' },
      ...{ fingerprint: key.fingerprint, public_key: key.publicKey, first_seen_time: key.firstSeenAt.toISOString() },
    });
    expect((await api.admin.delete(path)).body.data).toEqual({ forgotten: 2 });
    expect((await api.admin.get(path)).body.data).toEqual([]);
    expect((await api.admin.delete(path)).body.data).toEqual({ forgotten: 0 });
    expect(await api.dataSource.query('SELECT id FROM host_keys WHERE id = $1', [other.id])).toHaveLength(1);
  });

  it('of foreign hosts do not exist, and viewers cannot forget any', async () => {
    const [foreign, host] = [await aHost(api.dataSource), await hostOf()];
    const viewer = await api.userWith({ [biz]: 'viewer' });
    expect((await api.admin.get(`/api/${biz}/hosts/${foreign.id}/host_keys/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.delete(`/api/${biz}/hosts/${foreign.id}/host_keys/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await viewer.get(`/api/${biz}/hosts/${host.id}/host_keys/`)).status).toBe(200);
    expect((await viewer.delete(`/api/${biz}/hosts/${host.id}/host_keys/`)).body.code).toBe('PERMISSION_DENIED');
  });
});

describe('removed hosts', () => {
  const anHour = 3_600_000;
  const removedHost = (hoursAgo = 1, overrides: Partial<Host> = {}) =>
    hostOf({ removedAt: new Date(Date.now() - hoursAgo * anHour), ...overrides });
  const restore = (hostId: number, client = api.admin) => client.post(`/api/${biz}/hosts/${hostId}/restore/`);

  it('are listed for a day, last removed first', async () => {
    const [earlier, later] = [await removedHost(23), await removedHost(1)];
    await removedHost(25);
    await hostOf();
    const { body } = await api.admin.get(`/api/${biz}/hosts/removed/`);
    expect(body.data).toMatchObject({ count: 2, page: 1 });
    expect(body.data.items.map(({ id }: Host) => id)).toEqual([later.id, earlier.id]);
    expect(body.data.items[0]).toMatchObject({
      removed_time: later.removedAt!.toISOString(),
      restorable_until: new Date(later.removedAt!.getTime() + 24 * anHour).toISOString(),
    });
  });

  it('come back, into the CMDB too', async () => {
    const set = await aSet(api.dataSource, { businessId: biz, isIdlePool: true });
    const landing = await aModule(api.dataSource, set, { isLanding: true });
    const host = await removedHost();
    const { status, body } = await restore(host.id);
    expect([status, body.data.id]).toEqual([200, host.id]);
    expect(await idsOf({ bk_module_id: String(landing.id) })).toEqual([host.id]);
    expect((await restore(host.id)).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('do not when another business has the address now', async () => {
    const host = await removedHost();
    await aHost(api.dataSource, { innerIp: host.innerIp });
    const { status, body } = await restore(host.id);
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['inner_ip']]);
  });

  it('do not when they are of another business, too old, or unknown', async () => {
    const [tooOld, foreign] = [await removedHost(25), await removedHost(1, { businessId: POOL })];
    for (const id of [tooOld.id, foreign.id, 2_000_000_000])
      expect((await restore(id)).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('are not brought back by viewers', async () => {
    const host = await removedHost();
    expect((await restore(host.id, await api.userWith({ [biz]: 'viewer' }))).body.code).toBe('PERMISSION_DENIED');
  });
});
