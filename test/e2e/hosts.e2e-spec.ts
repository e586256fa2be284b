import type { Host } from '../../src/hosts/host.entity.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost, aMember, aModule, anAgent, aSet } from '../support/factories.js';

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
          is_candidate: false,
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
