import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Package } from '../../src/packages/package.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { callsIn } from '../support/doc-calls.js';

/** Whose first password is wrong, as step 7 has it. */
const REFUSED = '10.9.0.12';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  const row = { name: 'nodeman-agent', version: '1.1.0', os: 'linux', arch: 'riscv64', fileName: 'x.tgz' };
  await api.dataSource.manager.insert(Package, {
    ...row,
    sizeBytes: '1',
    sha256: '',
    manifest: {},
    uploadedBy: 'admin',
  });
});
afterAll(() => api?.close());

/** Plays the worker: the job's runs end, and its hosts are what the operation makes of them. */
async function work(job: { id: number; op_type: string; origin_job_id: number | null }): Promise<void> {
  const isFirstTry = job.origin_job_id === null && ['INSTALL', 'PRECHECK'].includes(job.op_type);
  await api.dataSource.query(
    `UPDATE job_hosts SET ended_at = now(),
       status = CASE WHEN $2 AND inner_ip = $3::inet THEN 'FAILED' ELSE 'SUCCESS' END,
       err_code = CASE WHEN $2 AND inner_ip = $3::inet THEN 'SSH_WRONG_PASSWORD' ELSE 'SUCCESS' END
     WHERE job_id = $1`,
    [job.id, isFirstTry, REFUSED],
  );
  await api.dataSource.query(
    `UPDATE hosts h SET
       agent_installed = r.op_type NOT IN ('UNINSTALL', 'PRECHECK'),
       agent_status = CASE WHEN r.op_type IN ('UNINSTALL', 'PRECHECK') THEN 'TERMINATED' ELSE 'RUNNING' END,
       removed_at = CASE WHEN r.op_type = 'REMOVE' THEN now() END
     FROM job_hosts r WHERE r.job_id = $1 AND r.host_id = h.id AND r.status = 'SUCCESS'`,
    [job.id],
  );
}

it('docs/closed-areas.md shows requests that are taken as they are, in their order', async () => {
  const calls = await callsIn('docs/closed-areas.md');
  const jobs: { id: number; op_type: string }[] = [];
  const ops: string[] = [];
  for (const { method, path, body } of calls) {
    const $JOB = jobs.findLast(({ op_type }) => op_type !== 'UPDATE_AUTHINFO')?.id;
    const [host] = await api.dataSource.query(`SELECT id FROM hosts WHERE node_type = 'PAGENT' ORDER BY id LIMIT 1`);
    const url = `/api/${path.replace('$JOB', String($JOB)).replace('$HOST', String(host?.id))}`;
    const answer = await api.admin.request(method, url, { body });
    expect([method, path, answer.body.code, answer.body.messages]).toEqual([method, path, 'OK', undefined]);
    const { data } = answer.body;
    if (path.endsWith('/failures/')) expect(data).toMatchObject([{ err_code: 'SSH_WRONG_PASSWORD', count: 1 }]);
    if (path.endsWith('/proxy/check/')) expect(data).toEqual({ total: 2, valid_count: 2 });
    if (!data?.op_type || method !== 'POST') continue;
    jobs.push(data);
    ops.push(`${data.op_type} ${data.node_type}`);
    if (data.status === 'RUNNING') await work(data);
  }
  expect(ops).toEqual([
    ...['INSTALL PROXY', 'PRECHECK PAGENT', 'INSTALL PAGENT', 'UPDATE_AUTHINFO PAGENT', 'INSTALL PAGENT'],
    ...['UPGRADE PAGENT', 'UNINSTALL PAGENT', 'REMOVE PAGENT', 'REMOVE PROXY'],
  ]);
});
