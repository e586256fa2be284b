import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { endOfJob, Installation, runAt } from '../support/installation.js';
import { type HoldPlace, PuppetHost } from '../support/puppet-host.js';

let installation: Installation;
const hosts: PuppetHost[] = [];

beforeAll(async () => {
  installation = await Installation.start();
}, 90_000);

afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await installation?.stop();
});

/** A host on which an installation stands still. */
async function aHostHeldAt(place: HoldPlace): Promise<{ host: PuppetHost; jobId: number }> {
  const number = hosts.length + 1;
  const host = await PuppetHost.start(join(installation.folder, `host-${number}`), `127.0.91.${number}`);
  hosts.push(host);
  await host.hold(place);
  const body = { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts: [host.row] };
  const { id: jobId } = await installation.must('POST', '/api/1/tasks/', body);
  await host.isHeld(place);
  return { host, jobId };
}

/** Asks for the end of a job, and gets an answer soon, whatever its workers do. */
async function cancel(jobId: number): Promise<void> {
  const askedAt = performance.now();
  expect(await installation.must('DELETE', `/api/1/tasks/${jobId}/`)).toEqual({ stopped: 1, already_ended: 0 });
  expect(performance.now() - askedAt).toBeLessThan(7_000);
}

async function expectNothingOn(host: PuppetHost, jobId: number): Promise<void> {
  const { hosts: runs } = await endOfJob(installation, jobId);
  expect(runs[0]).toMatchObject({ status: 'FAILED', err_code: 'FORCE_STOP' });
  expect(runs[0].err_code_desc).toMatch(/由 admin 在步骤 .*终止.*主机已清理，未留下本任务的任何内容$/);
  expect([host.supervisors(), host.scriptProcesses()]).toEqual([[], []]);
  expect(existsSync(join(host.machine.root, 'opt/nodeman'))).toBe(false);
}

it('a run whose worker is killed and that is stopped then leaves nothing: the next worker cleans up', async () => {
  const doomed = await installation.startWorker();
  const { host, jobId } = await aHostHeldAt('EXECUTE_SCRIPT');
  await doomed.kill9();
  await eventually(() => host.scriptProcesses().length === 0);
  await cancel(jobId);
  expect(await runAt(installation, host.address)).toMatchObject({ status: 'RUNNING', err_code: 'STILL_RUNNING' });
  await installation.startWorker();
  await expectNothingOn(host, jobId);
  expect(await runAt(installation, host.address)).toMatchObject({ attempt: 2, losses: 1 });
}, 90_000);

it.each(['DOWNLOAD_FILE', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT'] as const)(
  'a run that is stopped in %s leaves nothing',
  async (place) => {
    const { host, jobId } = await aHostHeldAt(place);
    const cancelled = cancel(jobId);
    await eventually(async () => (await runAt(installation, host.address)).cancel_requested_at !== null);
    await host.release(place);
    await cancelled;
    await expectNothingOn(host, jobId);
  },
  60_000,
);
