import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisService } from '../../src/common/redis/redis.service.js';
import type { Host } from '../../src/hosts/host.entity.js';
import type { NodeType } from '../../src/hosts/host.enums.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import type { Job } from '../../src/tasks/job.entity.js';
import { RUN_CANCEL_CHANNEL } from '../../src/tasks/run-cancel.service.js';
import type { OpType } from '../../src/tasks/task.enums.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost } from '../support/factories.js';
import { aJobWith, FAILED, QUEUED, RUNNING, SUCCEEDED } from '../support/jobs.js';
import { TASKS } from '../support/tasks.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80', outer_ip: '20.0.0.9:80' });
});
afterAll(() => api?.close());

/** A job at hosts of the cloud where such hosts are, behind a proxy that works. */
async function aJobOf(opType: OpType, nodeType: NodeType, runs: Partial<JobHost>[], job: Partial<Job> = {}) {
  const cloudId = nodeType === 'AGENT' ? 0 : (await aCloud(api.dataSource)).id;
  if (nodeType === 'PAGENT') {
    await aHost(api.dataSource, { cloudId, nodeType: 'PROXY', agentInstalled: true, agentStatus: 'RUNNING' });
  }
  return aJobWith(
    api.dataSource,
    runs,
    { opType, nodeType, cloudId, ...job },
    { nodeType, isCandidate: opType === 'PRECHECK', outerIp: nodeType === 'PROXY' ? '20.0.0.1' : null },
  );
}

describe('DELETE a job', () => {
  it('ends what is queued with FORCE_STOP, at once', async () => {
    const { job, hosts } = await aJobWith(api.dataSource, [QUEUED, SUCCEEDED, QUEUED]);
    const response = await api.admin.delete(`${TASKS}${job.id}/`);
    expect(response.body.data).toEqual({ stopped: 2, already_ended: 1 });
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    expect(body.data).toMatchObject({ status: 'PARTIAL_SUCCESS', end_time: expect.any(String) });
    expect(body.data.hosts[0]).toMatchObject({ status: 'FAILED', err_code: 'FORCE_STOP', step: 'OVER_FAILED' });
    const { body: log } = await api.admin.get(`/api/1/logs/${hosts[0]!.id}/`);
    expect(log.data.logs).toContain('admin');
  });

  it('with nothing left to end is a success', async () => {
    const { job } = await aJobWith(api.dataSource, [SUCCEEDED, FAILED]);
    const response = await api.admin.delete(`${TASKS}${job.id}`);
    expect(response.body).toMatchObject({ code: 'OK', data: { stopped: 0, already_ended: 2 } });
  });

  it('ends just the hosts that are named', async () => {
    const { job, hosts } = await aJobWith(api.dataSource, [QUEUED, QUEUED, QUEUED]);
    const ids = hosts.slice(0, 2).map(({ id }) => id);
    const response = await api.admin.delete(`${TASKS}${job.id}/?host_ids=${ids.join(',')},2147483647`);
    expect(response.body.data).toEqual({ stopped: 2, already_ended: 0 });
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    expect(body.data.hosts.map((run: any) => run.status)).toEqual(['FAILED', 'FAILED', 'QUEUE']);
    expect((await api.admin.delete(`${TASKS}${job.id}/?host_ids=2147483647`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.delete(`${TASKS}${job.id}/?host_ids=one`)).body.messages).toHaveProperty('host_ids');
    expect((await api.admin.delete(`${TASKS}${job.id}/?host_ids=,`)).body.messages).toHaveProperty('host_ids');
  });

  it.each([
    ['INSTALL', 'PROXY'],
    ['UPGRADE', 'PAGENT'],
    ['PRECHECK', 'AGENT'],
    ['PRECHECK', 'PAGENT'],
  ] as const)('ends a single host of %s %s as any other', async (opType, nodeType) => {
    const { job, hosts } = await aJobOf(opType, nodeType, [QUEUED, QUEUED, SUCCEEDED]);
    const response = await api.admin.delete(`${TASKS}${job.id}/?host_ids=${hosts[1]!.id}`);
    expect(response.body.data).toEqual({ stopped: 1, already_ended: 0 });
    const { data } = (await api.admin.get(`${TASKS}${job.id}/`)).body;
    expect(data).toMatchObject({ op_type: opType, node_type: nodeType, status: 'RUNNING' });
    expect(data.hosts.map((run: any) => run.err_code)).toEqual(['INIT', 'FORCE_STOP', 'SUCCESS']);
  });

  it('asks the worker of a running host to end it, and waits until it has', async () => {
    const { job } = await aJobWith(api.dataSource, [RUNNING, RUNNING]);
    const [first, second] = await api.dataSource.query('SELECT id FROM job_hosts WHERE job_id = $1 ORDER BY id', [
      job.id,
    ]);
    const end = (id: number, status: string, code: string) =>
      api.dataSource.query(
        `UPDATE job_hosts SET status = $2, err_code = $3, ended_at = now() WHERE id = $1 AND cancel_requested_at IS NOT NULL`,
        [id, status, code],
      );
    const unsubscribe = api.app.get(RedisService).subscribe(RUN_CANCEL_CHANNEL, () => {
      void end(first.id, 'FAILED', 'FORCE_STOP');
      void end(second.id, 'SUCCESS', 'SUCCESS');
    });
    const response = await api.admin.delete(`${TASKS}${job.id}/`);
    unsubscribe();
    expect(response.body.data).toEqual({ stopped: 1, already_ended: 1 });
  });

  it('answers after some seconds when the worker does not, and the wish stays', async () => {
    const { job } = await aJobWith(api.dataSource, [RUNNING]);
    const response = await api.admin.delete(`${TASKS}${job.id}/`);
    expect(response.body.data).toEqual({ stopped: 1, already_ended: 0 });
    const [run] = await api.dataSource.query('SELECT cancel_requested_by FROM job_hosts WHERE job_id = $1', [job.id]);
    expect(run.cancel_requested_by).toBe('admin');
  });

  it('is for operators', async () => {
    const { job } = await aJobWith(api.dataSource, [QUEUED]);
    const viewer = await api.userWith({ 1: 'viewer' });
    expect((await viewer.delete(`${TASKS}${job.id}/`)).status).toBe(403);
    expect((await viewer.get(`${TASKS}${job.id}/`)).status).toBe(200);
  });
});

describe('DELETE several jobs', () => {
  it.each(['bulk/', 'bulk'])('at %s ends each of them and lists what is unknown', async (path) => {
    const [one, two] = [
      await aJobWith(api.dataSource, [QUEUED, QUEUED]),
      await aJobWith(api.dataSource, [SUCCEEDED, QUEUED]),
    ];
    const other = await aJobWith(api.dataSource, [QUEUED], { businessId: (await aBusiness(api.dataSource)).id });
    const names = [two.job.id, one.job.id, other.job.id, 'x', one.job.id].join(',');
    const response = await api.admin.delete(`${TASKS}${path}?jobs=${names},`);
    expect(response.body.data).toEqual({
      stopped: 3,
      already_ended: 1,
      jobs: [
        { job_id: one.job.id, stopped: 2, already_ended: 0 },
        { job_id: two.job.id, stopped: 1, already_ended: 1 },
      ],
      unknown: [other.job.id, 'x'],
    });
  });

  it('without ids, or with none that is known, is refused', async () => {
    expect((await api.admin.delete(`${TASKS}bulk/?jobs=`)).body.code).toBe('FORM_VALIDATE_ERROR');
    expect((await api.admin.delete(`${TASKS}bulk/`)).body.code).toBe('FORM_VALIDATE_ERROR');
    expect((await api.admin.delete(`${TASKS}bulk/?jobs=2147483647,x`)).body.code).toBe('OBJECT_NOT_EXIST');
    const got = await api.admin.get(`${TASKS}bulk/`);
    expect(got).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(got.headers.get('allow')).toContain('DELETE');
  });
});

describe('POST retry', () => {
  const storeCredential = (host: Host) =>
    api.dataSource.query(
      `INSERT INTO credentials (host_id, kind, ciphertext, key_id, expires_at) VALUES ($1, 'PASSWORD', 'x', 'x', now() + interval '1 hour')`,
      [host.id],
    );

  it('makes a new job of the failed hosts that names its origin', async () => {
    const { job, hosts } = await aJobWith(api.dataSource, [SUCCEEDED, FAILED, FAILED]);
    await Promise.all(hosts.map(storeCredential));
    const response = await api.admin.post(`${TASKS}${job.id}/retry/`, {});
    expect(response.body.data).toMatchObject({
      op_type: 'INSTALL',
      origin_job_id: job.id,
      host_count: 2,
      status: 'RUNNING',
    });
    expect(response.body.data.hosts.map((run: any) => run.host.id)).toEqual(hosts.slice(1).map(({ id }) => id));
    const again = await api.admin.post(`${TASKS}${job.id}/retry`);
    expect(again.body.messages.hosts).toHaveLength(2);
    expect(JSON.stringify(again.body.messages)).toContain('当前机器有任务正在执行');
  });

  it.each([
    ['INSTALL', 'PROXY'],
    ['REINSTALL', 'PAGENT'],
    ['UPGRADE', 'PAGENT'],
    ['UPGRADE', 'PROXY'],
    ['PRECHECK', 'AGENT'],
    ['PRECHECK', 'PROXY'],
    ['PRECHECK', 'PAGENT'],
  ] as const)('does %s %s again, on hosts as they were', async (opType, nodeType) => {
    const { job, hosts } = await aJobOf(opType, nodeType, [SUCCEEDED, FAILED]);
    await Promise.all(hosts.map(storeCredential));
    const { body } = await api.admin.post(`${TASKS}${job.id}/retry/`, {});
    expect([body.messages, body.data]).toMatchObject([
      undefined,
      {
        ...{ op_type: opType, node_type: nodeType, bk_cloud_id: String(job.cloudId), origin_job_id: job.id },
        hosts: [{ host: { id: hosts[1]!.id, node_type: nodeType, outer_ip: hosts[1]!.outerIp } }],
      },
    ]);
    const { data } = (await api.admin.get(`/api/1/hosts/${hosts[1]!.id}/`)).body;
    expect(data).toMatchObject({ is_candidate: opType === 'PRECHECK', node_type: nodeType });
  });

  it.each(['UNINSTALL', 'REMOVE'] as const)('does %s again whatever the types of its hosts', async (opType) => {
    const { job } = await aJobOf(opType, 'PAGENT', [FAILED, FAILED]);
    const { body } = await api.admin.post(`${TASKS}${job.id}/retry/`, {});
    expect(body.data).toMatchObject({ op_type: opType, node_type: 'PAGENT', host_count: 2 });
  });

  it('of PAGENTs waits for a proxy that works', async () => {
    const { job, hosts } = await aJobOf('INSTALL', 'PAGENT', [FAILED]);
    await storeCredential(hosts[0]!);
    await api.dataSource.query(`UPDATE hosts SET agent_status = 'TERMINATED' WHERE cloud_id = $1`, [job.cloudId]);
    const { body } = await api.admin.post(`${TASKS}${job.id}/retry/`, {});
    expect(JSON.stringify(body.messages)).toContain('当前云区域没有可用的PROXY');
  });

  it('may be of some of them', async () => {
    const { job, hosts } = await aJobWith(api.dataSource, [FAILED, FAILED, SUCCEEDED]);
    await Promise.all(hosts.map(storeCredential));
    const stranger = await api.admin.post(`${TASKS}${job.id}/retry/`, { host_ids: [hosts[0]!.id, hosts[2]!.id] });
    expect(stranger.body).toMatchObject({
      code: 'VALIDATE_ERROR',
      messages: { host_ids: [expect.stringContaining(String(hosts[2]!.id))] },
    });
    expect((await api.admin.post(`${TASKS}${job.id}/retry/`, { host_ids: [] })).body.code).toBe('VALIDATE_ERROR');
    const response = await api.admin.post(`${TASKS}${job.id}/retry/`, { host_ids: [String(hosts[1]!.id)] });
    expect(response.body.data.hosts.map((run: any) => run.host.id)).toEqual([hosts[1]!.id]);
  });

  it('obeys the rules of tasks', async () => {
    const { job, hosts } = await aJobWith(api.dataSource, [FAILED]);
    const expired = await api.admin.post(`${TASKS}${job.id}/retry/`, {});
    expect(expired.body.messages).toEqual({
      hosts: [{ [`host:${hosts[0]!.innerIp}`]: { password: ['密码/密钥已过期'] } }],
    });
    await api.dataSource.query('UPDATE hosts SET agent_installed = true WHERE id = $1', [hosts[0]!.id]);
    await storeCredential(hosts[0]!);
    const installed = await api.admin.post(`${TASKS}${job.id}/retry/`, {});
    expect(JSON.stringify(installed.body.messages)).toContain('当前机器已经安装了AGENT');
  });

  it('of UNINSTALL needs no credentials', async () => {
    const { job } = await aJobWith(api.dataSource, [FAILED], { opType: 'UNINSTALL' });
    expect((await api.admin.post(`${TASKS}${job.id}/retry/`, {})).body).toMatchObject({
      code: 'OK',
      data: { op_type: 'UNINSTALL' },
    });
  });

  it('is refused before the job has ended, and when nothing has failed', async () => {
    const running = await aJobWith(api.dataSource, [FAILED, QUEUED]);
    const fine = await aJobWith(api.dataSource, [SUCCEEDED]);
    for (const { job } of [running, fine]) {
      expect((await api.admin.post(`${TASKS}${job.id}/retry/`, {})).body.code).toBe('FORM_VALIDATE_ERROR');
    }
  });
});
