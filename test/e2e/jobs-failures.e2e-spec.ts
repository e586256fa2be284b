import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunFailureRecord } from '../../src/tasks/run-failure-record.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aJob } from '../support/factories.js';
import { aJobWith, FAILED, QUEUED, RUNNING, SUCCEEDED } from '../support/jobs.js';
import { TASKS } from '../support/tasks.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const FULL: RunFailureRecord = {
  id: 'disk-full',
  cause: { zh: '磁盘空间不足', en: 'No space is left' },
  evidence: 'tar: No space left on device',
  remedy: { zh: '清理磁盘', en: 'Make room' },
};
const failed = (errCode: string, failure: RunFailureRecord | null = null, more: object = {}) => ({
  ...{ ...FAILED, errCode, failure },
  ...more,
});
const failuresOf = async (jobId: number | string, client = api.admin) =>
  (await client.get(`${TASKS}${jobId}/failures/`)).body;

describe('GET failures of a job', () => {
  it('groups the failed hosts by cause, what most have in common first', async () => {
    const elsewhere = { ...FULL, evidence: 'cp: No space left on device' };
    const readOnly = { ...FULL, id: 'read-only', cause: { zh: '只读', en: 'Read-only' } };
    const { job, hosts } = await aJobWith(api.dataSource, [
      failed('INSTALL_FAILED', readOnly),
      failed('INSTALL_FAILED', FULL),
      SUCCEEDED,
      failed('CURL_FILE_FAILED', FULL),
      failed('INSTALL_FAILED', elsewhere),
    ]);
    const id = (n: number) => hosts[n]!.id;
    const group = (err_code: string, cause: string, evidence: string, ...host_ids: number[]) => ({
      ...{ cause, err_code, count: host_ids.length, host_ids, evidence, remedy: '清理磁盘' },
    });
    expect(await failuresOf(job.id)).toEqual({
      ...{ result: true, code: 'OK', message: 'success' },
      data: [
        group('INSTALL_FAILED', '磁盘空间不足', FULL.evidence, id(1), id(4)),
        group('CURL_FILE_FAILED', '磁盘空间不足', FULL.evidence, id(3)),
        group('INSTALL_FAILED', '只读', FULL.evidence, id(0)),
      ],
    });
  });

  it('speaks the language of the caller', async () => {
    const { job, hosts } = await aJobWith(api.dataSource, [failed('INSTALL_FAILED', FULL)]);
    const { data } = await failuresOf(job.id, api.admin.with({ 'accept-language': 'en' }));
    expect(data).toEqual([
      {
        ...{ cause: 'No space is left', err_code: 'INSTALL_FAILED', count: 1, host_ids: [hosts[0]!.id] },
        ...{ evidence: 'tar: No space left on device', remedy: 'Make room' },
      },
    ]);
  });

  it('says of runs without a record what their code means, with their own sentence as the evidence', async () => {
    const said = { zh: '已由 admin 终止', en: 'Stopped by admin' };
    const { job, hosts } = await aJobWith(api.dataSource, [
      failed('FORCE_STOP', null, { errDesc: said }),
      failed('FORCE_STOP'),
      failed('CELERY_TASK_EXCEPT'),
    ]);
    const { data } = await failuresOf(job.id);
    expect(data).toEqual([
      {
        ...{
          cause: '有人终止了该任务',
          err_code: 'FORCE_STOP',
          count: 2,
          host_ids: hosts.slice(0, 2).map(({ id }) => id),
        },
        ...{ evidence: said.zh, remedy: '需要时重新发起' },
      },
      expect.objectContaining({
        err_code: 'CELERY_TASK_EXCEPT',
        evidence: '',
        remedy: expect.stringContaining('重试'),
      }),
    ]);
  });

  it('shows what happened as the evidence where no command and no output is', async () => {
    const happened = { zh: '密码被拒绝', en: 'The password was refused' };
    const { job } = await aJobWith(api.dataSource, [failed('SSH_WRONG_PASSWORD', { ...FULL, evidence: '', happened })]);
    const english = api.admin.with({ 'accept-language': 'en' });
    expect((await failuresOf(job.id)).data).toMatchObject([{ evidence: happened.zh }]);
    expect((await failuresOf(job.id, english)).data).toMatchObject([{ evidence: happened.en }]);
  });

  it('says of a single host what to do there, and of several what to do to each', async () => {
    const remedy = { zh: '-', en: 'chage -E -1 {account}; DELETE /api/{bk_biz_id}/hosts/{host_id}/host_keys/ {other}' };
    const remediesOf = async (count: number) => {
      const runs = Array.from({ length: count }, () => failed('SSH_LOGIN_EXCEPT', { ...FULL, remedy }));
      const { job, hosts } = await aJobWith(api.dataSource, runs, {}, { account: 'ops' });
      const { data } = await failuresOf(job.id, api.admin.with({ 'accept-language': 'en' }));
      return [data[0].remedy, hosts[0]!.id];
    };
    const [one, id] = await remediesOf(1);
    expect(one).toBe(`chage -E -1 ops; DELETE /api/1/hosts/${id}/host_keys/ {other}`);
    expect((await remediesOf(2))[0]).toBe('chage -E -1 {account}; DELETE /api/1/hosts/{host_id}/host_keys/ {other}');
  });

  it('puts what no rule explained together with what was never recorded', async () => {
    const unexplained = { ...FULL, id: 'socket_timeout' };
    const { job } = await aJobWith(api.dataSource, [failed('SOCKET_TIMEOUT'), failed('SOCKET_TIMEOUT', unexplained)]);
    expect((await failuresOf(job.id)).data).toMatchObject([{ err_code: 'SOCKET_TIMEOUT', count: 2 }]);
  });

  it('of a job that still runs are those so far; of a fine one there are none', async () => {
    const running = await aJobWith(api.dataSource, [QUEUED, RUNNING, failed('SOCKET_TIMEOUT')]);
    expect((await failuresOf(running.job.id)).data).toMatchObject([{ count: 1, host_ids: [running.hosts[2]!.id] }]);
    const fine = await aJobWith(api.dataSource, [SUCCEEDED]);
    expect((await failuresOf(fine.job.id)).data).toEqual([]);
  });

  it('of a job that the business does not have do not exist; without a slash they do', async () => {
    const other = await aBusiness(api.dataSource);
    const { job } = await aJobWith(api.dataSource, [failed('SOCKET_TIMEOUT')], { businessId: other.id });
    for (const id of [job.id, 2147483647, 'x', '0']) expect((await failuresOf(id)).code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.get(`/api/${other.id}/tasks/${job.id}/failures`)).body.data).toHaveLength(1);
  });

  it('are shown to viewers of the business, and to nobody else', async () => {
    const { job } = await aJobWith(api.dataSource, [failed('SOCKET_TIMEOUT')]);
    const [viewer, stranger] = [await api.userWith({ 1: 'viewer' }), await api.userWith({})];
    expect((await failuresOf(job.id, viewer)).data).toHaveLength(1);
    expect((await failuresOf(job.id, stranger)).code).toBe('PERMISSION_DENIED');
  });

  it('of 10 000 hosts are told at once', async () => {
    const { id } = await aJob(api.dataSource);
    await api.dataSource.query(
      `INSERT INTO job_hosts (job_id, business_id, host_id, cloud_id, inner_ip, node_type, os_type, op_type, status,
         err_code, failure)
       SELECT $1, 1, 1000000 + n, 0, '10.0.0.0'::inet + n, 'AGENT', 'LINUX', 'INSTALL', 'FAILED', 'INSTALL_FAILED',
         jsonb_build_object('id', 'cause-' || n % 3, 'evidence', repeat('x', 1500),
           'cause', $2::jsonb, 'remedy', $2::jsonb)
       FROM generate_series(1, 10000) n`,
      [id, JSON.stringify(FULL.cause)],
    );
    const startedAt = Date.now();
    const { data } = await failuresOf(id);
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    expect(data.map(({ count }: any) => count)).toEqual([3334, 3333, 3333]);
    expect(data[0].host_ids.slice(0, 2)).toEqual([1_000_001, 1_000_004]);
  });
});
