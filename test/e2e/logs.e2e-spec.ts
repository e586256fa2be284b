import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisService } from '../../src/common/redis/redis.service.js';
import { Text } from '../../src/common/i18n/text.js';
import type { Host } from '../../src/hosts/host.entity.js';
import { LogStreams } from '../../src/logs/log-streams.js';
import { RunLogWriter } from '../../src/logs/run-log-writer.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import type { Job } from '../../src/tasks/job.entity.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { aBusiness, aHost, aJob, aRun } from '../support/factories.js';

const ENDED = { status: 'FAILED', errCode: 'SSH_WRONG_PASSWORD', step: 'OVER_FAILED' } as const;

let api: TestApi;
let writer: RunLogWriter;

beforeAll(async () => {
  api = await startApi();
  writer = new RunLogWriter(api.dataSource, api.app.get(RedisService));
});
afterAll(async () => {
  await writer?.flush();
  await api?.close();
});

/** A host whose last run is this one. */
async function aLoggedHost(run: Partial<JobHost> = {}, host: Partial<Host> = {}, job: Partial<Job> = {}) {
  const its = await aHost(api.dataSource, host);
  const made = await aJob(api.dataSource, { businessId: its.businessId, ...job });
  const { id, attempt } = await aRun(api.dataSource, made, its, run);
  await api.dataSource.query('UPDATE hosts SET run_id = $2, job_id = $3 WHERE id = $1', [its.id, id, made.id]);
  return { host: its, job: made, run: { id, attempt } };
}

const read = async (hostId: number, query = '', client: ApiClient = api.admin) =>
  (await client.get(`/api/1/logs/${hostId}/${query}`)).body;

describe('GET a log', () => {
  it('gives state and lines of the last job', async () => {
    const { host, job, run } = await aLoggedHost({ ...ENDED, errDesc: { zh: '密码被拒绝', en: 'refused' } });
    writer.write(run, 'SSH_LOGIN', new Text('正在登录', 'Logging in'));
    writer.write(run, 'SSH_LOGIN', 'Permission denied\r\n(password)\n');
    await writer.flush();
    const { data } = await read(host.id);
    expect(data).toEqual({
      job_id: job.id,
      status: 'FAILED',
      err_code: 'SSH_WRONG_PASSWORD',
      err_code_desc: '密码被拒绝',
      step: 'OVER_FAILED',
      step_desc: '安装失败',
      logs: expect.any(String),
    });
    expect(data.logs.split('\r\n')).toEqual([
      expect.stringMatching(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \[SSH_LOGIN\] 正在登录$/),
      expect.stringMatching(/^\[.*\] \[SSH_LOGIN\] Permission denied$/),
      expect.stringMatching(/^\[.*\] \[SSH_LOGIN\] \(password\)$/),
    ]);
    const english = await read(host.id, '', api.admin.with({ 'accept-language': 'en' }));
    expect(english.data).toMatchObject({ err_code_desc: 'refused', step_desc: 'Failed' });
    expect(english.data.logs).toContain('Logging in');
  });

  it('does not take UPDATE_AUTHINFO for the last job, and shows earlier ones when asked', async () => {
    const { host, job } = await aLoggedHost(ENDED);
    const saved = await aJob(api.dataSource, { opType: 'UPDATE_AUTHINFO' });
    await aRun(api.dataSource, saved, host, { status: 'SUCCESS', errCode: 'SUCCESS' });
    expect((await read(host.id)).data.job_id).toBe(job.id);
    expect((await read(host.id, `?job_id=${saved.id}`)).data).toMatchObject({
      job_id: saved.id,
      status: 'SUCCESS',
      logs: '',
    });
  });

  it('of a host that is removed tells how its removal went', async () => {
    const { host } = await aLoggedHost(ENDED, { removedAt: new Date() });
    expect((await read(host.id)).code).toBe('OK');
  });

  it('is refused for what does not exist', async () => {
    const silent = await aHost(api.dataSource);
    expect(await read(silent.id)).toMatchObject({ code: 'OBJECT_NOT_EXIST', message: '不存在任何日志信息' });
    expect((await read(2_147_483_647)).code).toBe('OBJECT_NOT_EXIST');
    const { host } = await aLoggedHost();
    const other = await aLoggedHost();
    for (const job of [other.job.id, '2147483647', '99999999999']) {
      expect((await read(host.id, `?job_id=${job}`)).code).toBe('OBJECT_NOT_EXIST');
    }
    expect((await read(host.id, '?job_id=x')).messages).toHaveProperty('job_id');
  });

  it('of another business is answered like one that does not exist', async () => {
    const { host } = await aLoggedHost({}, { businessId: (await aBusiness(api.dataSource)).id });
    expect(await read(host.id)).toEqual(await read(2_147_483_647));
  });
});

describe('the writer', () => {
  it('drops lines of an attempt that is over', async () => {
    const { host, run } = await aLoggedHost({ attempt: 2 });
    writer.write({ ...run, attempt: 1 }, 'INIT', 'from the old worker');
    writer.write(run, 'INIT', 'from the new one');
    await writer.flush();
    expect((await read(host.id)).data.logs).toMatch(/^\[[^\]]*\] \[INIT\] from the new one$/);
  });

  it('makes hostile output harmless', async () => {
    const { host, run } = await aLoggedHost();
    writer.write(run, 'INIT', '\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07 \u202Egnp.exe \0 \u2028[fake] line \ud800');
    await writer.flush();
    const { logs } = (await read(host.id)).data;
    expect(logs).toContain('red bell\\x07 \\u202egnp.exe \\x00 \\u2028[fake] line \ufffd');

    expect(logs).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]/);
  });

  it('keeps 5 000 lines of output, says so, and still takes sentences of ours', async () => {
    const { host, run } = await aLoggedHost();
    for (let line = 0; line < 6_000; line++) writer.write(run, 'INIT', `line ${line}`);
    writer.write(run, 'OVER_FAILED', new Text('结束', 'The end'));
    await writer.flush();
    const lines = (await read(host.id)).data.logs.split('\r\n');
    expect(lines).toHaveLength(5_002);
    expect(lines[4_999]).toContain('line 4999');
    expect(lines[5_000]).toContain('日志已达上限');
    expect(lines[5_001]).toContain('[OVER_FAILED] 结束');
  });

  it('writes by itself a moment later', async () => {
    const { host, run } = await aLoggedHost();
    writer.write(run, 'INIT', 'hello');
    await eventually(async () => (await read(host.id)).data.logs.includes('hello'));
  });
});

interface ServerEvent {
  event?: string;
  id?: string;
  data?: string;
}

/** Ends the streams of a test: one that is not read to its end would hold its connection for ever. */
const leave: (() => void)[] = [];
afterEach(() => leave.splice(0).forEach((go) => go()));

/** Opens the stream of a log; `next` gives its events one by one, null at its end. */
async function follow(hostId: number, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  leave.push(() => leaving.abort());
  const response = await fetch(`${api.url}/api/1/logs/${hostId}/stream`, {
    headers: { ...api.admin['headers'], ...headers },
    signal: leaving.signal,
  });
  const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  const next = async (): Promise<ServerEvent | null> => {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end >= 0) {
        const fields = buffer
          .slice(0, end)
          .split('\n')
          .map((line) => /^(\w+): (.*)$/.exec(line)!.slice(1));
        buffer = buffer.slice(end + 2);
        return Object.fromEntries(fields);
      }
      const { done, value } = await chunks.read();
      if (done) return null;
      buffer += value;
    }
  };
  return { response, next, leave: () => leaving.abort() };
}

describe('the stream of a log', () => {
  const openStreams = () => api.app.get(LogStreams)['open'].size;
  const endRun = async (id: number, redis = true) => {
    await api.dataSource.query(
      `UPDATE job_hosts SET status = 'FAILED', step = 'OVER_FAILED', err_code = 'SSH_WRONG_PASSWORD' WHERE id = $1`,
      [id],
    );
    if (redis) await api.app.get(RedisService).publish(`log:${id}`, '');
  };

  it('gives lines as they come, then the final state, and closes', async () => {
    const { host, run } = await aLoggedHost();
    writer.write(run, 'INIT', 'first');
    await writer.flush();
    const stream = await follow(host.id);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await stream.next()).toMatchObject({ event: 'log', data: expect.stringMatching(/\[INIT\] first$/) });
    writer.write(run, 'SSH_LOGIN', 'second');
    const second = await stream.next();
    expect(second).toMatchObject({
      event: 'log',
      id: expect.stringMatching(/^\d+$/),
      data: expect.stringMatching(/second$/),
    });
    await endRun(run.id);
    const end = await stream.next();
    expect(end!.event).toBe('end');
    expect(JSON.parse(end!.data!)).toEqual({
      status: 'FAILED',
      err_code: 'SSH_WRONG_PASSWORD',
      err_code_desc: '密码错误',
      step: 'OVER_FAILED',
      step_desc: '安装失败',
    });
    expect(await stream.next()).toBeNull();
    const resumed = await follow(host.id, { 'last-event-id': second!.id! });
    expect((await resumed.next())!.event).toBe('end');
  });

  it('of a finished run of many lines comes whole, in order', async () => {
    const { host, run } = await aLoggedHost(ENDED);
    for (let line = 0; line < 1_203; line++) writer.write(run, 'INIT', `line ${line}`);
    await writer.flush();
    const stream = await follow(host.id);
    for (let line = 0; line < 1_203; line++) expect((await stream.next())!.data).toMatch(new RegExp(` line ${line}$`));
    expect((await stream.next())!.event).toBe('end');
  });

  it('goes on when nobody rings', async () => {
    const { host, run } = await aLoggedHost();
    const stream = await follow(host.id);
    await endRun(run.id, false);
    expect((await stream.next())!.event).toBe('end');
  });

  it('costs nothing any more when its reader has left', async () => {
    const { host } = await aLoggedHost();
    const before = openStreams();
    const stream = await follow(host.id);
    await eventually(() => openStreams() === before + 1);
    stream.leave();
    await eventually(() => openStreams() === before);
  });

  it('refuses in the envelope', async () => {
    const response = await api.admin.get('/api/1/logs/2147483647/stream');
    expect(response).toMatchObject({ status: 404, body: { code: 'OBJECT_NOT_EXIST' } });
    expect((await api.anonymous.get('/api/1/logs/1/stream')).status).toBe(401);
  });

  it('does not hold the shutdown', async () => {
    const { host } = await aLoggedHost();
    const second = await startApi({ databaseUrl: api.databaseUrl, dataDir: api.dataDir });
    const response = await fetch(`${second.url}/api/1/logs/${host.id}/stream`, { headers: second.admin['headers'] });
    const body = response.text();
    await second.close();
    expect(await body).not.toContain('event: end');
  });
});
