import type { LabHost } from '../lab/lab-host.js';
import { ClosedArea, on } from '../support/closed-area.js';
import { eventually } from '../support/eventually.js';
import { endOfJob } from '../support/installation.js';

/** What a run through a proxy ends with, when it is the proxy that fails, or the time, or the host behind it. */
let area: ClosedArea;
let door: LabHost;

beforeAll(async () => {
  const env = { JOB_TIMEOUT_SECONDS: '8', SSH_CONNECT_TIMEOUT_SECONDS: '3' };
  area = await ClosedArea.start({ doors: 1, hosts: 5, env });
  door = area.doors[0]!;
  await area.operate('INSTALL', 'PROXY', [area.rowOf(door)]);
}, 120_000);

afterAll(async () => {
  await area?.stop();
});

/** The end of an installation on a host, in both languages. */
async function endOf(host: LabHost, jobId: number): Promise<{ errCode: string; zh: string; en: string }> {
  await endOfJob(area.installation, jobId, 60_000);
  const english = area.installation.admin.with({ 'accept-language': 'en' });
  const path = `/api/1/tasks/${jobId}/`;
  const runOf = (job: any) => job.hosts.find((run: any) => run.host.inner_ip === host.address);
  const zh = runOf(await area.installation.must('GET', path));
  const en = runOf(await area.installation.must('GET', path, undefined, english));
  expect(await area.logOf(host)).toContain(en.err_code_desc);
  return { errCode: zh.err_code, zh: zh.err_code_desc, en: en.err_code_desc };
}

const install = (host: LabHost, login?: Record<string, unknown>) =>
  area.submit('INSTALL', 'PAGENT', [area.rowOf(host, login)]);

/** Installs as far as the unpacking, which never ends. */
async function hold(host: LabHost): Promise<number> {
  await on(host, "printf '#!/bin/sh\\nexec sleep 1000\\n' >/usr/local/bin/tar && chmod 755 /usr/local/bin/tar");
  const jobId = await install(host);
  await eventually(async () => (await sleepers(host)).length === 1, { timeoutMs: 20_000 });
  return jobId;
}

async function sleepers(host: LabHost) {
  return (await host.processes()).filter(({ command }) => command === 'sleep 1000');
}

it('SOCKET_TIMEOUT: the proxy finds nobody at the host', async () => {
  const host = area.hosts[0]!;
  await host.stopSshd();
  const end = await endOf(host, await install(host));
  expect(end.errCode).toBe('SOCKET_TIMEOUT');
  expect(end.zh).toContain(host.address);
  expect(end.en).toMatch(new RegExp(`${host.address}.*refused`));
}, 60_000);

it('SSH_WRONG_PASSWORD: by the host itself, through the proxy', async () => {
  const host = area.hosts[1]!;
  const end = await endOf(host, await install(host, { account: 'root', password: 'not that of the root here' }));
  expect(end.errCode).toBe('SSH_WRONG_PASSWORD');
}, 60_000);

it('JOB_TIMEOUT: the batch passes its time, and what it started is gone', async () => {
  const host = area.hosts[2]!;
  const end = await endOf(host, await hold(host));
  expect(end.errCode).toBe('JOB_TIMEOUT');
  expect(end.zh).toContain('8 秒');
  expect(end.en).toContain('8 s');
  expect(await sleepers(host)).toEqual([]);
}, 60_000);

it('FORCE_STOP: a cancel kills behind the proxy too', async () => {
  const host = area.hosts[2]!;
  const jobId = await hold(host);
  await area.installation.must('DELETE', `/api/1/tasks/${jobId}/`);
  const end = await endOf(host, jobId);
  expect(end.errCode).toBe('FORCE_STOP');
  expect(end.en).toContain('seen to be gone');
  expect(await sleepers(host)).toEqual([]);
}, 60_000);

it('IJOBS_FAILED: the only proxy breaks in the middle of the batch', async () => {
  const host = area.hosts[3]!;
  const jobId = await hold(host);
  await door.stopSshd();
  await on(door, "pkill -KILL -f '^sshd: ' || true");
  const end = await endOf(host, jobId);
  expect(end.errCode).toBe('IJOBS_FAILED');
  for (const text of [end.zh, end.en]) expect(text).toContain(door.areaAddress!);
  await eventually(async () => (await sleepers(host)).length === 0);
  await door.startSshd();
  await eventually(async () => (await area.proxyCounts()).join() === '1,1');
}, 60_000);

it('START_JOB_FAILED: no proxy lets the worker in', async () => {
  const host = area.hosts[4]!;
  await area.installation.workers[0]!.kill9();
  const jobId = await install(host);
  await door.stopSshd();
  await area.installation.startWorker({ SSH_CONNECT_TIMEOUT_SECONDS: '3' });
  const end = await endOf(host, jobId);
  expect(end.errCode).toBe('START_JOB_FAILED');
  for (const text of [end.zh, end.en]) expect(text).toContain(door.areaAddress!);
  expect(end.en).toMatch(/refused/);
  const refusal = await area.refusalOf('INSTALL', 'PAGENT', [area.rowOf(host)]);
  expect(JSON.stringify(refusal.messages)).toContain('当前云区域没有可用的PROXY');
}, 60_000);
