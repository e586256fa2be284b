import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisService } from '../../src/common/redis/redis.service.js';
import type { Host } from '../../src/hosts/host.entity.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import type { Job } from '../../src/tasks/job.entity.js';
import { RUN_CANCEL_CHANNEL } from '../../src/tasks/run-cancel.service.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, aHost, aJob, anAddress, aRun } from '../support/factories.js';

const TASKS = '/api/1/tasks/';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80' });
});
afterAll(() => api?.close());

/** A job with a run of each of these kinds, each on a host of its own. */
async function aJobWith(runs: Partial<JobHost>[], job: Partial<Job> = {}, host: Partial<Host> = {}) {
  const made = await aJob(api.dataSource, job);
  const hosts: Host[] = [];
  for (const run of runs) {
    const its = await aHost(api.dataSource, { businessId: made.businessId, cloudId: made.cloudId, ...host });
    const { id } = await aRun(api.dataSource, made, its, run);
    await api.dataSource.manager.update(
      'hosts',
      { id: its.id },
      { runId: id, jobId: made.id, jobStatus: run.status ?? 'QUEUE' },
    );
    hosts.push(its);
  }
  return { job: made, hosts };
}

const QUEUED = { status: 'QUEUE' } as const;
const RUNNING = {
  status: 'RUNNING',
  errCode: 'STILL_RUNNING',
  leaseOwner: 'somebody',
  leaseExpiresAt: new Date('2100-01-01'),
} as const;
const SUCCEEDED = {
  status: 'SUCCESS',
  errCode: 'SUCCESS',
  step: 'OVER_SUCCESS',
  endedAt: new Date('2024-01-01T10:00:00Z'),
} as const;
const FAILED = {
  status: 'FAILED',
  errCode: 'SSH_WRONG_PASSWORD',
  step: 'OVER_FAILED',
  endedAt: new Date('2024-01-01T11:00:00Z'),
} as const;

describe('GET a job', () => {
  it.each([
    ['RUNNING', [SUCCEEDED, FAILED, QUEUED]],
    ['RUNNING', [RUNNING]],
    ['SUCCESS', [SUCCEEDED, SUCCEEDED]],
    ['FAILED', [FAILED]],
    ['PARTIAL_SUCCESS', [SUCCEEDED, FAILED]],
  ])('is %s as its runs are, even before it is closed', async (status, runs) => {
    const { job } = await aJobWith(runs);
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    const count = (wanted: string) => runs.filter((run) => run.status === wanted).length;
    expect(body.data).toMatchObject({
      id: job.id,
      status,
      host_count: runs.length,
      status_count: {
        success_count: count('SUCCESS'),
        failed_count: count('FAILED'),
        running_count: count('QUEUE') + count('RUNNING'),
      },
    });
    const ended = runs.map((run) => ('endedAt' in run ? run.endedAt.toISOString() : '')).sort();
    expect(body.data.end_time).toBe(status === 'RUNNING' ? null : ended.at(-1));
  });

  it('shows the sentence of each run in the language of the caller', async () => {
    const { job } = await aJobWith([
      { ...FAILED, errDesc: { zh: '密码被拒绝', en: 'sshd refused the password' } },
      FAILED,
    ]);
    const { body: zh } = await api.admin.get(`${TASKS}${job.id}`);
    expect(zh.data.hosts.map((run: any) => run.err_code_desc)).toEqual(['密码被拒绝', '密码错误']);
    const { body: en } = await api.admin.get(`${TASKS}${job.id}`, { headers: { 'accept-language': 'en' } });
    expect(en.data.hosts[0]).toMatchObject({
      err_code: 'SSH_WRONG_PASSWORD',
      err_code_desc: 'sshd refused the password',
      step: 'OVER_FAILED',
      step_desc: 'Failed',
    });
  });

  it('counts operating systems', async () => {
    const { job } = await aJobWith([{ ...QUEUED, osType: 'AIX' }, { ...QUEUED, osType: 'WINDOWS' }, QUEUED]);
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    expect(body.data.os_count).toEqual({ LINUX: 1, WINDOWS: 1, AIX: 1 });
  });

  it.each(['0', '-1', 'x', '99999999999', '2147483647'])('%s does not exist', async (id) => {
    expect(await api.admin.get(`${TASKS}${id}/`)).toMatchObject({ status: 404, body: { code: 'OBJECT_NOT_EXIST' } });
  });

  it('of another business is answered like one that does not exist', async () => {
    const other = await aBusiness(api.dataSource);
    const { job } = await aJobWith([QUEUED], { businessId: other.id });
    const [foreign, missing] = [await api.admin.get(`${TASKS}${job.id}/`), await api.admin.get(`${TASKS}2147483647/`)];
    expect(foreign.body).toEqual(missing.body);
    expect((await api.admin.delete(`${TASKS}${job.id}/`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.post(`${TASKS}${job.id}/retry/`, {})).body.code).toBe('OBJECT_NOT_EXIST');
  });
});

describe('GET jobs', () => {
  let business: number;
  let jobs: Job[];
  let ip: string;

  beforeAll(async () => {
    business = (await aBusiness(api.dataSource)).id;
    const cloud = await aCloud(api.dataSource);
    const of = { businessId: business };
    ip = anAddress();
    const made = [
      await aJobWith(
        [SUCCEEDED],
        { ...of, status: 'SUCCESS', startTime: new Date('2024-05-01T00:00:00Z') },
        { innerIp: ip },
      ),
      await aJobWith([FAILED], {
        ...of,
        opType: 'REMOVE',
        creator: 'ann',
        startTime: new Date('2024-05-02T00:00:00Z'),
      }),
      await aJobWith([SUCCEEDED, FAILED], {
        ...of,
        nodeType: 'PROXY',
        cloudId: cloud.id,
        startTime: new Date('2024-05-03T00:00:00Z'),
      }),
      await aJobWith([QUEUED, SUCCEEDED], {
        ...of,
        opType: 'UPDATE_AUTHINFO',
        startTime: new Date('2024-05-04T00:00:00Z'),
      }),
    ];
    jobs = made.map(({ job }) => job);
  });

  const list = async (query: string) => (await api.admin.get(`/api/${business}/tasks/?${query}`)).body;
  const foundBy = async (query: string) => {
    const { data } = await list(query);
    return data.items.map((item: any) => jobs.findIndex(({ id }) => id === item.id));
  };

  it('gives the latest first, without hosts', async () => {
    const { data } = await list('');
    expect(data).toMatchObject({ page: 1, total_page: 1, count: 4, next: null, previous: null, perevious: null });
    expect(data.items.map(({ id }: any) => id)).toEqual(jobs.map(({ id }) => id).reverse());
    expect(data.items[3]).toMatchObject({ status: 'SUCCESS', host_count: 1, status_count: { success_count: 1 } });
    expect(data.items[3]).not.toHaveProperty('hosts');
  });

  it('gives pages with links', async () => {
    const { data } = await list('page=2&page_size=3&creator=');
    expect(data).toMatchObject({ page: 2, total_page: 2, count: 4, next: null });
    expect(data.items).toHaveLength(1);
    const before = await api.admin.get(data.previous);
    expect(before.body.data.items).toHaveLength(3);
    expect((await list('page=9')).data.items).toEqual([]);
  });

  it('filters', async () => {
    expect(await foundBy('op_type=REMOVE')).toEqual([1]);
    expect(await foundBy('op_type=SAVE')).toEqual([3]);
    expect(await foundBy('node_type=PROXY')).toEqual([2]);
    expect(await foundBy('creator=ann')).toEqual([1]);
    expect(await foundBy('bk_cloud_id=0')).toEqual([3, 1, 0]);
    expect(await foundBy(`bk_cloud_id=${jobs[2]!.cloudId}`)).toEqual([2]);
    expect(await foundBy(`ip=${ip}`)).toEqual([0]);
    expect(await foundBy('status=RUNNING')).toEqual([3]);
    expect(await foundBy('status=PARTIAL_SUCCESS')).toEqual([2]);
    expect(await foundBy('status=FAILED')).toEqual([1]);
    expect(await foundBy('status=SUCCESS&creator=admin')).toEqual([0]);
    expect(await foundBy('start_time__gte=2024-05-03')).toEqual([3, 2]);
    expect(await foundBy('start_time__lte=2024-05-02T00:00:00Z')).toEqual([1, 0]);
    expect(
      await foundBy('start_time__gte=2024-05-02T08:00:00+08:00&start_time__lte=2024-05-03 08:00:00%2B0800'),
    ).toEqual([2, 1]);
  });

  it.each([
    'op_type=X',
    'node_type=X',
    'status=QUEUE',
    'start_time__gte=yesterday',
    'start_time__lte=2024-13-01',
    'ip=10.1',
    'page=0',
    'page_size=501',
  ])('%s is refused under its own name', async (query) => {
    const body = await list(query);
    expect(body).toMatchObject({ code: 'VALIDATE_ERROR', messages: { [query.split('=')[0]!]: [expect.any(String)] } });
  });
});

describe('DELETE a job', () => {
  it('ends what is queued with FORCE_STOP, at once', async () => {
    const { job, hosts } = await aJobWith([QUEUED, SUCCEEDED, QUEUED]);
    const response = await api.admin.delete(`${TASKS}${job.id}/`);
    expect(response.body.data).toEqual({ stopped: 2, already_ended: 1 });
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    expect(body.data).toMatchObject({ status: 'PARTIAL_SUCCESS', end_time: expect.any(String) });
    expect(body.data.hosts[0]).toMatchObject({ status: 'FAILED', err_code: 'FORCE_STOP', step: 'OVER_FAILED' });
    const { body: log } = await api.admin.get(`/api/1/logs/${hosts[0]!.id}/`);
    expect(log.data.logs).toContain('admin');
  });

  it('with nothing left to end is a success', async () => {
    const { job } = await aJobWith([SUCCEEDED, FAILED]);
    const response = await api.admin.delete(`${TASKS}${job.id}`);
    expect(response.body).toMatchObject({ code: 'OK', data: { stopped: 0, already_ended: 2 } });
  });

  it('ends just the hosts that are named', async () => {
    const { job, hosts } = await aJobWith([QUEUED, QUEUED, QUEUED]);
    const ids = hosts.slice(0, 2).map(({ id }) => id);
    const response = await api.admin.delete(`${TASKS}${job.id}/?host_ids=${ids.join(',')},2147483647`);
    expect(response.body.data).toEqual({ stopped: 2, already_ended: 0 });
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    expect(body.data.hosts.map((run: any) => run.status)).toEqual(['FAILED', 'FAILED', 'QUEUE']);
    expect((await api.admin.delete(`${TASKS}${job.id}/?host_ids=2147483647`)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.delete(`${TASKS}${job.id}/?host_ids=one`)).body.messages).toHaveProperty('host_ids');
    expect((await api.admin.delete(`${TASKS}${job.id}/?host_ids=,`)).body.messages).toHaveProperty('host_ids');
  });

  it('asks the worker of a running host to end it, and waits until it has', async () => {
    const { job } = await aJobWith([RUNNING, RUNNING]);
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
    const { job } = await aJobWith([RUNNING]);
    const response = await api.admin.delete(`${TASKS}${job.id}/`);
    expect(response.body.data).toEqual({ stopped: 1, already_ended: 0 });
    const [run] = await api.dataSource.query('SELECT cancel_requested_by FROM job_hosts WHERE job_id = $1', [job.id]);
    expect(run.cancel_requested_by).toBe('admin');
  });

  it('is for operators', async () => {
    const { job } = await aJobWith([QUEUED]);
    const viewer = await api.userWith({ 1: 'viewer' });
    expect((await viewer.delete(`${TASKS}${job.id}/`)).status).toBe(403);
    expect((await viewer.get(`${TASKS}${job.id}/`)).status).toBe(200);
  });
});

describe('DELETE several jobs', () => {
  it.each(['bulk/', 'bulk'])('at %s ends each of them and lists what is unknown', async (path) => {
    const [one, two] = [await aJobWith([QUEUED, QUEUED]), await aJobWith([SUCCEEDED, QUEUED])];
    const other = await aJobWith([QUEUED], { businessId: (await aBusiness(api.dataSource)).id });
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
    const { job, hosts } = await aJobWith([SUCCEEDED, FAILED, FAILED]);
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

  it('may be of some of them', async () => {
    const { job, hosts } = await aJobWith([FAILED, FAILED, SUCCEEDED]);
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
    const { job, hosts } = await aJobWith([FAILED]);
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
    const { job } = await aJobWith([FAILED], { opType: 'UNINSTALL' });
    expect((await api.admin.post(`${TASKS}${job.id}/retry/`, {})).body).toMatchObject({
      code: 'OK',
      data: { op_type: 'UNINSTALL' },
    });
  });

  it('is refused before the job has ended, and when nothing has failed', async () => {
    const running = await aJobWith([FAILED, QUEUED]);
    const fine = await aJobWith([SUCCEEDED]);
    for (const { job } of [running, fine]) {
      expect((await api.admin.post(`${TASKS}${job.id}/retry/`, {})).body.code).toBe('FORM_VALIDATE_ERROR');
    }
  });
});
