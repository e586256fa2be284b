import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../../src/common/vocabulary/steps.js';
import { DatabaseHolds } from '../support/database-holds.js';
import { eventually } from '../support/eventually.js';
import { endOfJob, Installation, runAt } from '../support/installation.js';
import type { ServerProcess } from '../support/processes.js';
import { PASSWORD, PuppetHost } from '../support/puppet-host.js';

const PIPELINE: Step[] = [
  ...(['INIT', 'SSH_LOGIN', 'INSTALL_DEP', 'DOWNLOAD_FILE', 'EXECUTE_SCRIPT', 'SCRIPT_DONE'] as const),
  ...(['REGISTER_CMDB', 'WAIT_AGENT'] as const),
];
const ON_HOST = ['SSH_LOGIN', 'INSTALL_DEP', 'DOWNLOAD_FILE', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT'] as const;

let installation: Installation;
const hosts: PuppetHost[] = [];

beforeAll(async () => {
  installation = await Installation.start();
}, 90_000);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await installation?.stop();
});

async function aHost(): Promise<PuppetHost> {
  const number = hosts.length + 1;
  const host = await PuppetHost.start(join(installation.folder, `host-${number}`), `127.0.81.${number}`);
  hosts.push(host);
  return host;
}

async function install(...targets: PuppetHost[]): Promise<number> {
  const body = { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts: targets.map(({ row }) => row) };
  return (await installation.must('POST', '/api/1/tasks/', body)).id;
}

async function logOf(jobId: number, host: PuppetHost): Promise<string> {
  const { id } = await hostAt(host);
  const english = installation.admin.with({ 'accept-language': 'en' });
  return (await installation.must('GET', `/api/1/logs/${id}/?job_id=${jobId}`, undefined, english)).logs;
}

async function hostAt({ address }: PuppetHost): Promise<any> {
  return (await installation.must('GET', `/api/1/hosts/?ip=${address}`)).items[0];
}

/** The process that holds the run of this host. */
async function ownerOf(host: PuppetHost): Promise<ServerProcess> {
  const owner = (await runAt(installation, host.address)).lease_owner ?? '';
  const pid = Number(owner.split('-').at(-2));
  const worker = installation.workers.find((each) => each.pid === pid && each.isRunning);
  if (!worker) throw new Error(`no worker of ours is ${owner}`);
  return worker;
}

/**
 * The agent is there once and reports; nothing of the run is left; nothing was ever done twice at once.
 * @param attempts how often the package was unpacked: once, and once more where that was cut off
 */
async function expectInstalled(jobId: number, host: PuppetHost, attempts: number): Promise<void> {
  expect(await eventually(async () => (await hostAt(host)).status[0].status === 'RUNNING')).toBe(true);
  expect(await hostAt(host)).toMatchObject({ status: [{ version: '1.1.0' }], job_result: { err_code: 'SUCCESS' } });
  expect(await host.overlaps()).toEqual([]);
  expect(host.scriptProcesses()).toEqual([]);
  expect(host.supervisors()).toHaveLength(1);
  expect(await host.installations()).toBe(attempts);
  expect(await logOf(jobId, host)).not.toContain(PASSWORD);
}

it('kill -9 of the worker in every step: another one goes on at that step, and installs each host once', async () => {
  const held = new Map<Step, PuppetHost>();
  for (const step of PIPELINE) held.set(step, await aHost());
  for (const step of ON_HOST) await held.get(step)!.hold(step);
  const database = await DatabaseHolds.open(installation);
  for (const step of ['INIT', 'REGISTER_CMDB'] as const) await database.hold(step, held.get(step)!.address);

  const doomed = await installation.startWorker();
  const others = [...held.values()].filter((host) => host !== held.get('INIT'));
  const jobId = await install(...others);
  await Promise.all(ON_HOST.map((step) => held.get(step)!.isHeld(step)));
  // An agent begins to report, and is held, before the run has come to wait for it.
  await eventually(async () => (await runAt(installation, held.get('WAIT_AGENT')!.address)).step === 'WAIT_AGENT');
  await database.areHeld(1);
  // Last, since the renewal of all leases waits behind this one.
  const initJobId = await install(held.get('INIT')!);
  await database.areHeld(2);
  await doomed.kill9();
  const steps = await Promise.all([...held.values()].map(({ address }) => runAt(installation, address)));
  expect(steps.map(({ status, step }) => `${status} ${step}`)).toEqual(PIPELINE.map((step) => `RUNNING ${step}`));

  await database.endWaiting();
  // Nobody is there to end them: they see that their session died.
  await eventually(() => hosts.flatMap((host) => host.scriptProcesses()).length === 0);
  await database.close();
  for (const step of ON_HOST) await held.get(step)!.release(step);
  await Promise.all([installation.startWorker(), installation.startWorker()]);

  for (const id of [jobId, initJobId]) expect(await endOfJob(installation, id)).toMatchObject({ status: 'SUCCESS' });
  for (const [step, host] of held) {
    const run = await runAt(installation, host.address);
    expect(run).toMatchObject({ attempt: 2, losses: 1, finished_steps: PIPELINE });
    const id = step === 'INIT' ? initJobId : jobId;
    expect(await logOf(id, host)).toContain(`[${step}] Taken over (attempt 2), going on at step ${step}`);
    await expectInstalled(id, host, step === 'EXECUTE_SCRIPT' ? 2 : 1);
  }
}, 120_000);

it('kill -9 of the worker in the middle of an uninstallation: another one leaves nothing behind', async () => {
  const host = hosts[0]!;
  await host.hold('UNINSTALL');
  const body = { op_type: 'UNINSTALL', bk_cloud_id: '0', hosts: [{ inner_ips: host.address }] };
  const { id } = await installation.must('POST', '/api/1/tasks/', body);
  await host.isHeld('UNINSTALL');
  await (await ownerOf(host)).kill9();
  await eventually(() => host.scriptProcesses().length === 0);
  await host.release('UNINSTALL');

  expect(await endOfJob(installation, id)).toMatchObject({ status: 'SUCCESS' });
  const finished_steps = ['INIT', 'SSH_LOGIN', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT'];
  expect(await runAt(installation, host.address)).toMatchObject({ attempt: 2, losses: 1, finished_steps });
  expect(await hostAt(host)).toMatchObject({ status: [{ status: 'TERMINATED' }], job_result: { err_code: 'SUCCESS' } });
  expect([host.supervisors(), host.scriptProcesses(), existsSync(join(host.machine.root, 'opt/nodeman'))]).toEqual([
    [],
    [],
    false,
  ]);
}, 60_000);

it('a run that loses three workers ends as CELERY_TASK_EXCEPT, and leaves nothing running', async () => {
  const starting = Promise.all([1, 2, 3].map(() => installation.startWorker()));
  const host = await aHost();
  await host.hold('EXECUTE_SCRIPT');
  const jobId = await install(host);
  for (let loss = 1; loss <= 3; loss += 1) {
    await host.isHeld('EXECUTE_SCRIPT');
    await (await ownerOf(host)).kill9();
    await eventually(() => host.scriptProcesses().length === 0);
    await host.forget('EXECUTE_SCRIPT');
    if (loss === 1) await starting;
  }
  const job = await endOfJob(installation, jobId);
  expect(job.hosts[0]).toMatchObject({ status: 'FAILED', err_code: 'CELERY_TASK_EXCEPT', step: 'OVER_FAILED' });
  expect(job.hosts[0].err_code_desc).toMatch(/连续 3 次丢失.*请检查 worker 的日志后重试/);
  expect(await logOf(jobId, host)).toMatch(/was lost 3 times .* Look at the logs of the workers, then retry$/);
  await eventually(() => host.scriptProcesses().length === 0);
  expect([await host.overlaps(), host.supervisors()]).toEqual([[], []]);
  expect(await runAt(installation, host.address)).toMatchObject({ losses: 3, lease_owner: null });
}, 60_000);

it('SIGTERM in the middle of a step: the worker hands its run back and ends; another goes on', async () => {
  const [leaving] = installation.workers.filter(({ isRunning }) => isRunning);
  const host = await aHost();
  await host.hold('EXECUTE_SCRIPT');
  const jobId = await install(host);
  await host.isHeld('EXECUTE_SCRIPT');
  expect((await ownerOf(host)).pid).toBe(leaving!.pid);
  const staying = await installation.startWorker({ WORKER_CONCURRENCY: '1' });

  expect(await leaving!.term()).toEqual({ code: 0, signal: null });
  await host.forget('EXECUTE_SCRIPT');
  await host.isHeld('EXECUTE_SCRIPT');
  expect((await ownerOf(host)).pid).toBe(staying.pid);
  await host.release('EXECUTE_SCRIPT');
  expect(await endOfJob(installation, jobId)).toMatchObject({ status: 'SUCCESS' });
  expect(await runAt(installation, host.address)).toMatchObject({ attempt: 2, losses: 0 });
  const log = await logOf(jobId, host);
  expect(log).toMatch(/shuts down and hands the run back.* was stopped and seen to be gone/);
  await expectInstalled(jobId, host, 2);
}, 60_000);

it('kill -9 of the API with jobs running and queued: nothing is lost, and it serves again where it was', async () => {
  const [running, queued] = [await aHost(), await aHost()];
  await running.hold('EXECUTE_SCRIPT');
  const jobIds = [await install(running), await install(queued)];
  await running.isHeld('EXECUTE_SCRIPT');
  expect((await runAt(installation, queued.address)).status).toBe('QUEUE');

  await installation.api.kill9();
  await expect(installation.admin.get('/api/auth/me')).rejects.toThrow('fetch failed');
  await running.release('EXECUTE_SCRIPT');
  await installation.startApi();

  for (const id of jobIds) {
    const counts = { success_count: 1, failed_count: 0, running_count: 0 };
    expect(await endOfJob(installation, id)).toMatchObject({ status: 'SUCCESS', status_count: counts });
  }
  for (const [index, host] of [running, queued].entries()) {
    expect(await runAt(installation, host.address)).toMatchObject({ attempt: 1, losses: 0 });
    await expectInstalled(jobIds[index]!, host, 1);
  }
}, 60_000);

it('SIGTERM of the API: it ends with 0, though somebody still follows a log', async () => {
  const host = await aHost();
  await host.hold('EXECUTE_SCRIPT');
  const jobId = await install(host);
  await host.isHeld('EXECUTE_SCRIPT');
  const { id } = await hostAt(host);
  const { token } = await installation.must('POST', '/api/auth/tokens/', { name: 'follows a log' });
  const headers = { authorization: `Bearer ${token}` };
  const stream = await fetch(`${installation.api.url}/api/1/logs/${id}/stream`, { headers });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');

  expect(await installation.api.term()).toEqual({ code: 0, signal: null });
  await stream.text().catch(() => undefined);
  await host.release('EXECUTE_SCRIPT');
  await installation.startApi();
  expect(await endOfJob(installation, jobId)).toMatchObject({ status: 'SUCCESS' });
}, 60_000);
