import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Host } from '../../src/hosts/host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost, aJob, aModule, anAddress, aRun, aSet, aMember } from '../support/factories.js';
import { anInstall, complaint, LOGIN, TaskClient, TASKS } from '../support/tasks.js';

const NOT_INSTALLED = '当前机器还未安装AGENT';

let api: TestApi;
let tasks: TaskClient;

/** Without the nginx setting: a host can be looked at before there is anything to install. */
beforeAll(async () => {
  api = await startApi();
  tasks = new TaskClient(api.admin);
});
afterAll(() => api?.close());

const precheck = (ip: string, fields: object = {}, body: object = {}) =>
  tasks.install(ip, fields, { op_type: 'PRECHECK', ...body });
/** With nothing said about the login. */
const precheckAgain = (ip: string, fields: object = {}, body: object = {}) =>
  tasks.operate('PRECHECK', ip, fields, body);
const itemAt = async (ip: string) => (await api.admin.get(`/api/1/hosts/?ip=${ip}`)).body.data.items[0];
const end = (response: { body: any }) => api.admin.delete(`${TASKS}${response.body.data.id}/`);
const setNginx = () => api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80' });
const rowOf = async (id: number): Promise<Host> =>
  (await api.dataSource.query('SELECT * FROM hosts WHERE id = $1', [id]))[0];

/** A host that was only looked at, with nothing running. */
async function aCandidate(overrides: Partial<Host> = {}) {
  return aHost(api.dataSource, { isCandidate: true, jobStatus: 'SUCCESS', ...overrides });
}

describe('PRECHECK of a new host', () => {
  it('makes it a candidate, with its login stored', async () => {
    const ip = anAddress();
    const { body } = await precheck(ip, { port: 2222, os_type: 'AIX', account: 'ops' });
    expect(body.data).toMatchObject({
      ...{ op_type: 'PRECHECK', job_type_desc: '预检AGENT', status: 'RUNNING', package_version: null },
      hosts: [{ status: 'QUEUE', err_code: 'INIT', host: { inner_ip: ip, os_type: 'AIX' } }],
    });
    expect(await itemAt(ip)).toMatchObject({
      ...{ is_candidate: true, account: 'ops', port: 2222, has_credential: true },
      job_result: { job_id: String(body.data.id), status: 'QUEUE' },
    });
  });

  it('is told in the language of the caller', async () => {
    const english = api.admin.with({ 'accept-language': 'en' });
    const { body } = await new TaskClient(english).install(anAddress(), {}, { op_type: 'PRECHECK' });
    expect(body.data.job_type_desc).toBe('Check AGENT');
  });

  it('needs a way in, an address and an OS as INSTALL does', async () => {
    const ip = anAddress();
    const required = ['该字段是必填项。'];
    expect((await precheckAgain(ip)).body.messages).toEqual({
      hosts: [{ [`host:${ip}`]: { account: required, password: required } }],
    });
    expect((await precheck('10.1')).body.messages).toEqual(complaint('10.1', 'inner_ip'));
    expect((await precheck(ip, { os_type: 'WINDOWS' })).body.messages).toEqual(complaint(ip, 'has_cygwin'));
    expect((await precheck(ip, {}, { node_type: 'PROXY' })).body.messages).toMatchObject({
      bk_cloud_id: [expect.any(String)],
    });
  });

  it('obeys the rules of clouds: a PROXY has its outer ip, a PAGENT a proxy that works', async () => {
    const cloud = await aCloud(api.dataSource);
    const ip = anAddress();
    const at = (node_type: string) => ({ bk_cloud_id: cloud.id, node_type });
    const bare = await precheck(ip, { os_type: 'AIX' }, at('PROXY'));
    expect(Object.keys(bare.body.messages.hosts[0][`host:${ip}`])).toEqual(['os_type', 'outer_ip']);
    const behind = await precheck(ip, {}, at('PAGENT'));
    expect(behind.body.messages).toEqual(complaint(ip, 'inner_ip', '当前云区域没有可用的PROXY'));
    expect((await precheck(ip, { outer_ip: '20.0.0.1' }, at('PROXY'))).body.code).toBe('OK');
  });

  it('asks for the login of those alone that are new', async () => {
    const [known, unknown] = [anAddress(), anAddress()];
    await end(await precheck(known));
    const { body } = await precheckAgain(`${known},${unknown}`, { account: LOGIN.account });
    expect(body.messages.hosts).toEqual([{}, { [`host:${unknown}`]: { password: ['该字段是必填项。'] } }]);
  });

  it('is refused while a job is at the host', async () => {
    const ip = anAddress();
    await precheck(ip);
    const busy = complaint(ip, 'inner_ip', '当前机器有任务正在执行，请终止再操作');
    expect((await precheckAgain(ip)).body.messages).toEqual(busy);
    expect((await tasks.install(ip)).body.messages).toEqual(busy);
  });
});

describe('PRECHECK of a host that is managed', () => {
  it('changes nothing of it but the way in, and tries what was said', async () => {
    const host = await aHost(api.dataSource, { agentInstalled: true, osType: 'LINUX', outerIp: '20.0.0.1' });
    const fields = { account: 'ops', port: 2222, os_type: 'AIX', outer_ip: '20.0.0.2' };
    const { body } = await precheck(host.innerIp, fields);
    expect(body.data.hosts[0].host).toMatchObject({ id: host.id, os_type: 'AIX', outer_ip: '20.0.0.2' });
    expect(await itemAt(host.innerIp)).toMatchObject({
      ...{ is_candidate: false, account: 'ops', port: 2222, os_type: 'LINUX', outer_ip: '20.0.0.1' },
      job_result: { job_id: String(body.data.id) },
    });
    expect(await rowOf(host.id)).toMatchObject({ agent_installed: true });
  });

  it('goes with the login that is stored, and says when that has expired', async () => {
    const ip = anAddress();
    await end(await precheck(ip, { account: 'ops', port: 2222 }));
    const again = await precheckAgain(ip);
    expect(again.body.code).toBe('OK');
    expect(await itemAt(ip)).toMatchObject({ account: 'ops', port: 2222 });
    await end(again);
    await api.dataSource.query('DELETE FROM credentials WHERE host_id = $1', [again.body.data.hosts[0].host.id]);
    expect((await precheckAgain(ip)).body.messages).toEqual(complaint(ip, 'password', '密码/密钥已过期'));
  });

  it('keeps its type of node', async () => {
    const cloud = await aCloud(api.dataSource);
    const host = await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentInstalled: true });
    await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY', agentInstalled: true, agentStatus: 'RUNNING' });
    const response = await precheck(host.innerIp, {}, { bk_cloud_id: cloud.id, node_type: 'PAGENT' });
    expect(response.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', '当前机器的节点类型是PROXY'));
  });
});

describe('a candidate', () => {
  it.each(['UNINSTALL', 'REINSTALL', 'UPGRADE'])('has nothing for %s', async (op) => {
    const host = await aCandidate();
    const response = await tasks.operate(op, host.innerIp, { password: 'x' });
    expect(response.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', NOT_INSTALLED));
  });

  it('is corrected by UPDATE_AUTHINFO and dropped by REMOVE, and stays one meanwhile', async () => {
    const host = await aCandidate();
    expect((await tasks.operate('SAVE', host.innerIp, { account: 'ops' })).body.code).toBe('OK');
    expect(await itemAt(host.innerIp)).toMatchObject({ is_candidate: true, account: 'ops' });
    expect((await tasks.operate('REMOVE', host.innerIp, {}, { node_type: '' })).body.code).toBe('OK');
    expect(await itemAt(host.innerIp)).toMatchObject({ is_candidate: true, job_result: { status: 'QUEUE' } });
  });

  it('becomes what the next PRECHECK says, and managed by INSTALL', async () => {
    await setNginx();
    const ip = anAddress();
    await end(await precheck(ip, { os_type: 'AIX' }));
    const candidate = await itemAt(ip);
    await end(await precheckAgain(ip, { os_type: 'LINUX', outer_ip: '20.0.0.7' }));
    expect(await itemAt(ip)).toMatchObject({
      id: candidate.id,
      is_candidate: true,
      os_type: 'LINUX',
      outer_ip: '20.0.0.7',
    });
    const installed = await tasks.install(ip);
    expect(installed.body.data.hosts[0].host.id).toBe(candidate.id);
    expect(await itemAt(ip)).toMatchObject({ is_candidate: false });
  });

  it('is not named by hosts/check, and comes back from removal without the CMDB', async () => {
    const host = await aCandidate();
    expect((await api.admin.post('/api/1/hosts/check/', { hosts: [host.innerIp] })).body.code).toBe('OK');
    await api.dataSource.query('UPDATE hosts SET removed_at = now() WHERE id = $1', [host.id]);
    const restored = await api.admin.post(`/api/1/hosts/${host.id}/restore/`);
    expect(restored.body.data).toMatchObject({ id: host.id, is_candidate: true });
    const members = await api.dataSource.query('SELECT FROM cmdb_members WHERE address = $1', [host.innerIp]);
    expect(members).toEqual([]);
  });

  it('is no proxy: it takes no place of one, and leaves when it wants to', async () => {
    const cloud = await aCloud(api.dataSource);
    const at = { cloudId: cloud.id, nodeType: 'PROXY' } as const;
    const proxy = { ...at, agentInstalled: true, agentStatus: 'RUNNING' } as const;
    await aHost(api.dataSource, proxy);
    await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PAGENT', agentInstalled: true });
    const candidates = [await aCandidate(at), await aCandidate(at)];
    await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80', outer_ip: '20.0.0.9:80' });
    const body = { bk_cloud_id: cloud.id, node_type: 'PROXY' };
    const both = await tasks.install(candidates.map(({ innerIp }) => innerIp).join(), { outer_ip: '20.0.0.1' }, body);
    expect(both.body.messages.hosts[0]).toEqual({});
    expect(Object.values(both.body.messages.hosts[1])).toEqual([{ inner_ip: [expect.stringContaining('最多有2台')] }]);
    expect((await tasks.operate('REMOVE', candidates[0]!.innerIp, {}, body)).body.code).toBe('OK');
  });
});

describe('hosts of another business', () => {
  it('are named as for INSTALL when they are managed there, and never taken over by a mere look', async () => {
    const business = await aBusiness(api.dataSource);
    const host = await aHost(api.dataSource, { businessId: business.id });
    for (const ignore_installed_elsewhere of [false, true]) {
      const { body } = await precheck(host.innerIp, {}, { ignore_installed_elsewhere });
      expect(body.messages).toEqual({ other_bk_biz_id: { [host.innerIp]: [String(business.id)] } });
    }
    expect(await rowOf(host.id)).toMatchObject({ removed_at: null });
  });

  it.each(['INSTALL', 'PRECHECK'])('make room for %s when they are candidates there, whoever asks', async (op_type) => {
    await setNginx();
    const business = await aBusiness(api.dataSource);
    const host = await aCandidate({ businessId: business.id });
    const module = await aModule(api.dataSource, await aSet(api.dataSource, { businessId: business.id }));
    await aMember(api.dataSource, module, host);
    const operator = await api.userWith({ 1: 'operator' });
    const { body } = await operator.post(TASKS, anInstall(host.innerIp, {}, { op_type }));
    expect([body.code, body.data?.hosts[0].host.id === host.id]).toEqual(['OK', false]);
    expect(await rowOf(host.id)).toMatchObject({ removed_at: expect.any(Date) });
    const members = await api.dataSource.query('SELECT FROM cmdb_members WHERE module_id = $1', [module.id]);
    expect(members).toHaveLength(1);
  });

  it('are waited for while they are looked at', async () => {
    await setNginx();
    const business = await aBusiness(api.dataSource);
    const host = await aCandidate({ businessId: business.id });
    await aRun(api.dataSource, await aJob(api.dataSource, { businessId: business.id, opType: 'PRECHECK' }), host);
    const busy = complaint(host.innerIp, 'inner_ip', '当前机器有任务正在执行，请终止再操作');
    expect((await tasks.install(host.innerIp)).body.messages).toEqual(busy);
    expect((await precheck(host.innerIp)).body.messages).toEqual(busy);
  });
});
