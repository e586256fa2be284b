import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedHost } from '../../src/simulator/simulated-host.js';
import { eventually } from '../support/eventually.js';
import { rowOf, RunEnds } from '../support/run-ends.js';

let ends: RunEnds;
let fine: SimulatedHost;
let skewed: SimulatedHost;
let closed: SimulatedHost;
let jobId: number;

beforeAll(async () => {
  ends = await RunEnds.start('127.0.85');
  await ends.installation.startWorker();
  fine = await ends.aSimulatedHost();
  skewed = await ends.aSimulatedHost({ faults: ['clock-skew'] });
  closed = await ends.aSimulatedHost({ faults: ['refused'] });
  const rows = [fine, skewed, closed].map((host) => rowOf(host));
  jobId = (await submit('PRECHECK', rows)).id;
}, 90_000);
afterAll(() => ends?.stop());

const call = (method: string, path: string, body?: unknown) =>
  ends.installation.must(method, `/api/1/${path}`, body, ends.english);
const submit = (op_type: string, hosts: object[]) =>
  call('POST', 'tasks/', { op_type, node_type: 'AGENT', bk_cloud_id: '0', hosts });
const endOf = (id: number) =>
  eventually(
    async () => {
      const job = await call('GET', `tasks/${id}/`);
      if (job.status === 'RUNNING') throw new Error(JSON.stringify(job.hosts.map((run: any) => run.step)));
      return job;
    },
    { timeoutMs: 60_000, everyMs: 100 },
  );
const itemOf = async ({ address }: SimulatedHost) => (await call('GET', `hosts/?ip=${address}`)).items[0];

it('a PRECHECK tells of each host whether it would do, and leaves nothing there', async () => {
  const job = await endOf(jobId);
  expect(job.hosts.map((run: any) => run.err_code)).toEqual(['SUCCESS', 'INSTALL_FAILED', 'SOCKET_TIMEOUT']);
  for (const { root } of [fine, skewed]) expect(existsSync(join(root, 'opt/nodeman'))).toBe(false);
  for (const host of [fine, skewed, closed]) expect(await itemOf(host)).toMatchObject({ is_candidate: true });
});

it('its failures are told by cause, with evidence and remedy', async () => {
  await endOf(jobId);
  const failures = await call('GET', `tasks/${jobId}/failures/`);
  expect(failures).toMatchObject([
    {
      err_code: 'INSTALL_FAILED',
      count: 1,
      host_ids: [(await itemOf(skewed)).id],
      remedy: expect.stringMatching(/\w/),
    },
    { err_code: 'SOCKET_TIMEOUT', count: 1, host_ids: [(await itemOf(closed)).id], cause: expect.stringMatching(/\w/) },
  ]);
  expect(failures[0]).toMatchObject({
    cause: 'The host lacks what an installation needs: clock',
    evidence: expect.stringMatching(/^clock: (3599|36\d\d) s ahead of the server's$/),
    remedy: expect.stringContaining('chrony'),
  });
});

it('it can be tried again with what is stored', async () => {
  await endOf(jobId);
  const again = await call('POST', `tasks/${jobId}/retry/`, { host_ids: [(await itemOf(skewed)).id] });
  expect(again).toMatchObject({ op_type: 'PRECHECK', origin_job_id: jobId, host_count: 1 });
  expect(await endOf(again.id)).toMatchObject({ status: 'FAILED' });
});

it('a candidate is managed once it is installed on, and a hopeless one leaves without being asked', async () => {
  await endOf(jobId);
  const installed = await endOf((await submit('INSTALL', [rowOf(fine)])).id);
  expect(installed).toMatchObject({ status: 'SUCCESS' });
  expect(await itemOf(fine)).toMatchObject({ is_candidate: false, job_result: { job_id: String(installed.id) } });

  const removed = await endOf((await submit('REMOVE', [{ inner_ips: closed.address }])).id);
  expect(removed).toMatchObject({ status: 'SUCCESS' });
  expect(await itemOf(closed)).toBeUndefined();
});

it('a PRECHECK of a host that has an agent leaves it as it is', async () => {
  const lasting = ({ status: _s, update_time: _u, job_result: _j, ...rest }: any) => rest;
  const before = await itemOf(fine);
  const looked = await endOf((await submit('PRECHECK', [{ inner_ips: fine.address, os_type: 'AIX' }])).id);
  const after = await itemOf(fine);
  expect(lasting(after)).toEqual(lasting(before));
  expect(after.job_result.job_id).toBe(String(looked.id));
  await eventually(async () => (await itemOf(fine)).status[0].status === 'RUNNING');
});
