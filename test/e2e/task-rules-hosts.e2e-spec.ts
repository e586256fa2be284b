import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aHost, aJob, anAddress, aRun } from '../support/factories.js';
import { anInstall, complaint, TaskClient, TASKS } from '../support/tasks.js';

let api: TestApi;
let tasks: TaskClient;

beforeAll(async () => {
  api = await startApi();
  tasks = new TaskClient(api.admin);
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80', outer_ip: '20.0.0.9:80' });
});
afterAll(() => api?.close());

describe('rule 7: one job at a time', () => {
  const BUSY = '当前机器有任务正在执行，请终止再操作';

  it.each(['INSTALL', 'REINSTALL', 'UNINSTALL', 'REMOVE', 'UPGRADE', 'PRECHECK'])(
    '%s is refused while a job is at the host',
    async (op) => {
      const ip = anAddress();
      await tasks.install(ip);
      const response = op === 'INSTALL' ? await tasks.install(ip, { port: 'bad' }) : await tasks.operate(op, ip);
      expect(response.body.messages).toEqual(complaint(ip, 'inner_ip', BUSY));
    },
  );

  it('of many requests for the same host at once, one is taken and the others hear why not', async () => {
    const ips = Array.from({ length: 30 }, anAddress);
    const shuffled = (seed: number) =>
      [...ips].sort(
        (a, b) =>
          ((a.length * 7 + seed * 13) % 11) - ((b.length + seed) % 5) || (seed % 2 ? 1 : -1) * a.localeCompare(b),
      );
    const responses = await Promise.all(
      Array.from({ length: 6 }, (_, seed) => tasks.install(shuffled(seed).join(','))),
    );
    expect(responses.map(({ body }) => body.code).sort()).toEqual(['OK', ...Array(5).fill('VALIDATE_ERROR')]);
    const refused = responses.find(({ body }) => body.code !== 'OK')!;
    expect(refused.body.messages.hosts).toHaveLength(30);
    expect(Object.values(refused.body.messages.hosts[0])).toEqual([{ inner_ip: [BUSY] }]);
  });

  it('UPDATE_AUTHINFO is taken meanwhile, and the host still shows the job that runs', async () => {
    const ip = anAddress();
    const running = await tasks.install(ip);
    const saved = await tasks.operate('SAVE', ip, { account: 'ops', port: 2022, password: 'new one' });
    expect(saved.body.data).toMatchObject({
      op_type: 'UPDATE_AUTHINFO',
      status: 'SUCCESS',
      end_time: expect.any(String),
      status_count: { success_count: 1, failed_count: 0, running_count: 0 },
      hosts: [{ status: 'SUCCESS', err_code: 'SUCCESS', step: 'OVER_SUCCESS' }],
    });
    const { body } = await api.admin.get(`/api/1/hosts/?ip=${ip}`);
    expect(body.data.items[0]).toMatchObject({
      account: 'ops',
      port: 2022,
      job_result: { job_id: String(running.body.data.id), status: 'QUEUE' },
    });
  });
});

describe('rule 8: credentials', () => {
  it('INSTALL states account and password, or key', async () => {
    const ip = anAddress();
    const required = ['该字段是必填项。'];
    const nothing = await tasks.install(ip, { account: '', password: '', key: 'not looked at' });
    expect(nothing.body.messages).toEqual({ hosts: [{ [`host:${ip}`]: { account: required, password: required } }] });
    const noKey = await tasks.install(ip, { auth_type: 'KEY' });
    expect(noKey.body.messages).toEqual(complaint(ip, 'key', required[0]));
  });

  it.each(['REINSTALL', 'UPGRADE'])('%s may leave them out while they are stored', async (op) => {
    const ip = anAddress();
    const first = await tasks.install(ip, { account: 'ops', port: 2222 });
    await api.admin.delete(`${TASKS}${first.body.data.id}/`);
    expect((await tasks.operate(op, ip)).body.code).toBe('OK');
    const { body } = await api.admin.get(`/api/1/hosts/?ip=${ip}`);
    expect(body.data.items[0]).toMatchObject({ account: 'ops', port: 2222, auth_type: 'PASSWORD' });
  });

  it('REINSTALL with none stored, or one that has expired, is refused', async () => {
    const host = await aHost(api.dataSource, { agentInstalled: true });
    const refused = complaint(host.innerIp, 'password', '密码/密钥已过期');
    expect((await tasks.operate('REINSTALL', host.innerIp)).body.messages).toEqual(refused);
    await api.dataSource.query(
      `INSERT INTO credentials (host_id, kind, ciphertext, key_id, expires_at) VALUES ($1, 'PASSWORD', 'x', 'x', now() - interval '1 s')`,
      [host.id],
    );
    expect((await tasks.operate('REINSTALL', host.innerIp)).body.messages).toEqual(refused);
  });

  it('REINSTALL with another kind replaces what is stored', async () => {
    const ip = anAddress();
    const first = await tasks.install(ip);
    await api.admin.delete(`${TASKS}${first.body.data.id}/`);
    expect((await tasks.operate('REINSTALL', ip, { auth_type: 'KEY' })).body.messages).toEqual(
      complaint(ip, 'key', '密码/密钥已过期'),
    );
    expect((await tasks.operate('REINSTALL', ip, { auth_type: 'KEY', key: 'KEY' })).body.code).toBe('OK');
    const [stored] = await api.dataSource.query(
      'SELECT c.kind, h.auth_type FROM credentials c JOIN hosts h ON h.id = c.host_id WHERE h.inner_ip = $1',
      [ip],
    );
    expect(stored).toEqual({ kind: 'KEY', auth_type: 'KEY' });
  });

  it('UPDATE_AUTHINFO has something to save', async () => {
    const host = await aHost(api.dataSource);
    const nothing = await tasks.operate('UPDATE_AUTHINFO', host.innerIp);
    expect(nothing.body.messages).toEqual(complaint(host.innerIp, 'non_field_errors'));
    const noSecret = await tasks.operate('UPDATE_AUTHINFO', host.innerIp, { auth_type: 'KEY', port: 23 });
    expect(noSecret.body.messages).toEqual(complaint(host.innerIp, 'key', '该字段是必填项。'));
    expect((await tasks.operate('UPDATE_AUTHINFO', host.innerIp, { port: 23 })).body.code).toBe('OK');
  });
});

describe('rule 9: hosts of other businesses', () => {
  it('are named with their business to those who may see it', async () => {
    const business = await aBusiness(api.dataSource);
    const host = await aHost(api.dataSource, { businessId: business.id });
    const response = await tasks.install(`${anAddress()},${host.innerIp}`);
    expect(response.body).toMatchObject({ code: 'VALIDATE_ERROR' });
    expect(response.body.messages).toEqual({ other_bk_biz_id: { [host.innerIp]: [String(business.id)] } });
    const operator = await api.userWith({ 1: 'operator' });
    const task = anInstall(host.innerIp);
    expect((await operator.post(TASKS, task)).body.messages).toEqual({ other_bk_biz_id: { [host.innerIp]: ['*'] } });
    const seeing = await api.userWith({ 1: 'operator', [business.id]: 'viewer' });
    expect((await seeing.post(TASKS, task)).body.messages).toEqual({
      other_bk_biz_id: { [host.innerIp]: [String(business.id)] },
    });
    const taking = { ...task, ignore_installed_elsewhere: true };
    expect((await seeing.post(TASKS, taking)).body.code).toBe('PERMISSION_DENIED');
  });

  it('can be taken over by who operates both, unless they are busy there', async () => {
    const business = await aBusiness(api.dataSource);
    const host = await aHost(api.dataSource, { businessId: business.id, agentInstalled: true });
    const job = await aJob(api.dataSource, { businessId: business.id });
    const run = await aRun(api.dataSource, job, host);
    const both = await api.userWith({ 1: 'operator', [business.id]: 'operator' });
    const task = anInstall(host.innerIp, {}, { ignore_installed_elsewhere: 'true' });
    const busy = await both.post(TASKS, task);
    expect(busy.body.messages).toEqual(complaint(host.innerIp, 'inner_ip', '当前机器有任务正在执行，请终止再操作'));
    await api.dataSource.query(`UPDATE job_hosts SET status = 'FAILED' WHERE id = $1`, [run.id]);
    const taken = await both.post(TASKS, task);
    expect(taken.body.code).toBe('OK');
    expect(taken.body.data.hosts[0].host.id).not.toBe(host.id);
    const [old] = await api.dataSource.query('SELECT removed_at FROM hosts WHERE id = $1', [host.id]);
    expect(old.removed_at).not.toBeNull();
  });
});
