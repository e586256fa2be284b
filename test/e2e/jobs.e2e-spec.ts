import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '../../src/tasks/job.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aBusiness, aCloud, anAddress } from '../support/factories.js';
import { aJobWith, FAILED, QUEUED, RUNNING, SUCCEEDED } from '../support/jobs.js';
import { TASKS } from '../support/tasks.js';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80' });
});
afterAll(() => api?.close());

describe('GET a job', () => {
  it.each([
    ['RUNNING', [SUCCEEDED, FAILED, QUEUED]],
    ['RUNNING', [RUNNING]],
    ['SUCCESS', [SUCCEEDED, SUCCEEDED]],
    ['FAILED', [FAILED]],
    ['PARTIAL_SUCCESS', [SUCCEEDED, FAILED]],
  ])('is %s as its runs are, even before it is closed', async (status, runs) => {
    const { job } = await aJobWith(api.dataSource, runs);
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
    const { job } = await aJobWith(api.dataSource, [
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
    const { job } = await aJobWith(api.dataSource, [
      { ...QUEUED, osType: 'AIX' },
      { ...QUEUED, osType: 'WINDOWS' },
      QUEUED,
    ]);
    const { body } = await api.admin.get(`${TASKS}${job.id}/`);
    expect(body.data.os_count).toEqual({ LINUX: 1, WINDOWS: 1, AIX: 1 });
  });

  it.each(['0', '-1', 'x', '99999999999', '2147483647'])('%s does not exist', async (id) => {
    expect(await api.admin.get(`${TASKS}${id}/`)).toMatchObject({ status: 404, body: { code: 'OBJECT_NOT_EXIST' } });
  });

  it('of another business is answered like one that does not exist', async () => {
    const other = await aBusiness(api.dataSource);
    const { job } = await aJobWith(api.dataSource, [QUEUED], { businessId: other.id });
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
        api.dataSource,
        [SUCCEEDED],
        { ...of, status: 'SUCCESS', startTime: new Date('2024-05-01T00:00:00Z') },
        { innerIp: ip },
      ),
      await aJobWith(api.dataSource, [FAILED], {
        ...of,
        opType: 'REMOVE',
        creator: 'ann',
        startTime: new Date('2024-05-02T00:00:00Z'),
      }),
      await aJobWith(api.dataSource, [SUCCEEDED, FAILED], {
        ...of,
        nodeType: 'PROXY',
        cloudId: cloud.id,
        startTime: new Date('2024-05-03T00:00:00Z'),
      }),
      await aJobWith(api.dataSource, [QUEUED, SUCCEEDED], {
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
    'start_time__lte=2024-02-30',
    'ip=10.1',
    'page=0',
    'page_size=501',
  ])('%s is refused under its own name', async (query) => {
    const body = await list(query);
    expect(body).toMatchObject({ code: 'VALIDATE_ERROR', messages: { [query.split('=')[0]!]: [expect.any(String)] } });
  });
});
