import { Text } from '../../src/common/i18n/text.js';
import { Host } from '../../src/hosts/host.entity.js';
import { RunLog } from '../../src/logs/run-log.entity.js';
import { JobHost } from '../../src/tasks/job-host.entity.js';
import { Job } from '../../src/tasks/job.entity.js';
import type { ClaimedRun } from '../../src/tasks/run-claims.js';
import { aJob } from '../support/factories.js';
import { aQueuedRun, openRuns } from '../support/runs.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

const WHY = new Text('因为', 'because');

let database: TestDatabase;
let runs: Awaited<ReturnType<typeof openRuns>>;

beforeAll(async () => {
  database = await createTestDatabase();
  runs = await openRuns(database.url);
});

afterEach(async () => {
  runs.published.length = 0;
  await runs.dataSource.query('TRUNCATE jobs, job_hosts, hosts CASCADE');
});

afterAll(async () => {
  await runs.close();
  await database.drop();
});

const stateOf = (id: number) => runs.dataSource.manager.findOneByOrFail(JobHost, { id });
const jobOf = (id: number) => runs.dataSource.manager.findOneByOrFail(Job, { id });
const linesOf = (runId: number) => runs.dataSource.manager.find(RunLog, { where: { runId }, order: { id: 'ASC' } });
const loseLease = (id: number) =>
  runs.dataSource.query(`UPDATE job_hosts SET lease_expires_at = now() - interval '1 s' WHERE id = $1`, [id]);

async function aClaimedRun(owner = 'a'): Promise<ClaimedRun> {
  await aQueuedRun(runs.dataSource);
  return (await runs.claims.claim(owner, 1))[0]!;
}

describe('RunTransitions', () => {
  it('records steps on the run and on its host', async () => {
    const run = await aClaimedRun();
    expect(await runs.transitions.startStep(run, 'INIT')).toBe(true);
    expect(await runs.transitions.finishStep(run, 'INIT', 'SSH_LOGIN')).toBe(true);
    expect(await runs.transitions.finishStep(run, 'INIT', 'SSH_LOGIN')).toBe(true);
    expect(await stateOf(run.id)).toMatchObject({ finishedSteps: ['INIT'], step: 'SSH_LOGIN' });
    const host = await runs.dataSource.manager.findOneByOrFail(Host, { id: run.hostId });
    expect(host).toMatchObject({ jobStep: 'SSH_LOGIN', jobStatus: 'RUNNING' });
  });

  it('ends a run with its code, its sentence as the last line of the log, and its job', async () => {
    const run = await aClaimedRun();
    expect(await runs.transitions.fail(run, 'SSH_WRONG_PASSWORD', WHY)).toBe(true);
    expect(await stateOf(run.id)).toMatchObject({
      status: 'FAILED',
      errCode: 'SSH_WRONG_PASSWORD',
      errDesc: { zh: '因为', en: 'because' },
      step: 'OVER_FAILED',
      leaseOwner: null,
    });
    const host = await runs.dataSource.manager.findOneByOrFail(Host, { id: run.hostId });
    expect(host).toMatchObject({ jobStatus: 'FAILED', jobErrCode: 'SSH_WRONG_PASSWORD', jobStep: 'OVER_FAILED' });
    expect(await linesOf(run.id)).toMatchObject([{ step: 'OVER_FAILED', en: 'because', zh: '因为' }]);
    expect(await jobOf(run.jobId)).toMatchObject({ status: 'FAILED' });
    expect(runs.published).toContainEqual([`log:${run.id}`, '']);
  });

  it('refuses every late write of an attempt that is over', async () => {
    const old = await aClaimedRun();
    await loseLease(old.id);
    const [current] = await runs.claims.claim('b', 1);
    expect(await runs.transitions.startStep(old, 'WAIT_AGENT')).toBe(false);
    expect(await runs.transitions.finishStep(old, 'INIT', null)).toBe(false);
    expect(await runs.transitions.succeed(old, WHY)).toBe(false);
    expect(await runs.transitions.fail(old, 'INSTALL_FAILED', WHY)).toBe(false);
    expect(await stateOf(old.id)).toMatchObject({ status: 'RUNNING', finishedSteps: [], step: 'INIT' });
    expect(await linesOf(old.id)).toEqual([]);
    expect(await runs.transitions.succeed(current!, WHY)).toBe(true);
    expect(await runs.transitions.fail(current!, 'INSTALL_FAILED', WHY)).toBe(false);
    expect(await stateOf(old.id)).toMatchObject({ status: 'SUCCESS', errCode: 'SUCCESS' });
  });

  it('does not let a run succeed that is to be stopped', async () => {
    const run = await aClaimedRun();
    await runs.cancels.request(runs.dataSource.manager, [run.id], 'ann');
    expect(await runs.transitions.succeed(run, WHY)).toBe(false);
    expect(await runs.transitions.fail(run, 'FORCE_STOP', WHY)).toBe(true);
  });
});

describe('the end of a job', () => {
  it('comes with the last of its runs, however many end at the same moment', async () => {
    const job = await aJob(runs.dataSource);
    for (let n = 0; n < 20; n += 1) await aQueuedRun(runs.dataSource, { job });
    const claimed = await runs.claims.claim('a', 20);
    await runs.transitions.succeed(claimed[0]!, WHY);
    expect(await jobOf(job.id)).toMatchObject({ status: 'RUNNING', endTime: null });
    await Promise.all(
      claimed.slice(1).map((run, n) => {
        return n % 2 ? runs.transitions.succeed(run, WHY) : runs.transitions.fail(run, 'INSTALL_FAILED', WHY);
      }),
    );
    const closed = await jobOf(job.id);
    expect(closed.status).toBe('PARTIAL_SUCCESS');
    expect(closed.endTime).not.toBeNull();
  });

  it('is found by the sweep when nobody wrote it', async () => {
    const { run, job } = await aQueuedRun(runs.dataSource);
    await runs.dataSource.manager.update(JobHost, { id: run.id }, { status: 'SUCCESS' });
    await runs.sweep.sweep();
    expect(await jobOf(job.id)).toMatchObject({ status: 'SUCCESS' });
  });
});

describe('RunSweep', () => {
  it('ends a run that lost its third worker, and no sooner', async () => {
    const { run } = await aQueuedRun(runs.dataSource);
    for (const worker of ['a', 'b', 'c']) {
      expect(await runs.claims.claim(worker, 1)).toMatchObject([{ id: run.id }]);
      await runs.sweep.sweep();
      expect((await stateOf(run.id)).status).toBe('RUNNING');
      await loseLease(run.id);
      if (worker !== 'c') await runs.sweep.sweep();
    }
    expect(await stateOf(run.id)).toMatchObject({ status: 'RUNNING', losses: 2, attempt: 3 });
    await runs.sweep.sweep();
    expect(await stateOf(run.id)).toMatchObject({ status: 'FAILED', errCode: 'CELERY_TASK_EXCEPT', losses: 3 });
    expect((await linesOf(run.id)).at(-1)!.en).toMatch(/lost 3 times/);
    expect(await jobOf(run.jobId)).toMatchObject({ status: 'FAILED' });
  });

  it('leaves a run that is to be stopped to the next worker, until it lost its third', async () => {
    const run = await aClaimedRun();
    await runs.cancels.request(runs.dataSource.manager, [run.id], 'ann');
    for (const worker of ['b', 'c']) {
      await loseLease(run.id);
      await runs.sweep.sweep();
      expect((await stateOf(run.id)).status).toBe('RUNNING');
      expect(await runs.claims.claim(worker, 1)).toMatchObject([{ id: run.id, cancelledBy: 'ann' }]);
    }
    await loseLease(run.id);
    await runs.sweep.sweep();
    expect(await stateOf(run.id)).toMatchObject({ status: 'FAILED', errCode: 'FORCE_STOP', losses: 3 });
    expect((await linesOf(run.id)).at(-1)!.en).toMatch(/could not be proven gone, and the host was not cleaned up/);
    const host = await runs.dataSource.manager.findOneByOrFail(Host, { id: run.hostId });
    expect(host).toMatchObject({ jobStatus: 'FAILED', jobErrCode: 'FORCE_STOP' });
  });
});

describe('RunCancelService', () => {
  it('ends queued runs at once, asks for running ones, and leaves ended ones alone', async () => {
    const running = await aClaimedRun();
    const queued = await aQueuedRun(runs.dataSource);
    const ended = await aQueuedRun(runs.dataSource, { run: { status: 'SUCCESS' } });
    const ids = [running.id, queued.run.id, ended.run.id];
    expect(await runs.cancels.request(runs.dataSource.manager, ids, 'ann')).toEqual({
      endedIds: [queued.run.id],
      askedIds: [running.id],
    });
    await runs.cancels.announce(ids);
    expect(await stateOf(queued.run.id)).toMatchObject({
      status: 'FAILED',
      errCode: 'FORCE_STOP',
      step: 'OVER_FAILED',
    });
    expect((await linesOf(queued.run.id)).at(-1)!.en).toMatch(/ann/);
    expect(await stateOf(running.id)).toMatchObject({ status: 'RUNNING', cancelRequestedBy: 'ann' });
    expect(await jobOf(queued.job.id)).toMatchObject({ status: 'FAILED' });
    expect(await jobOf(running.jobId)).toMatchObject({ status: 'RUNNING' });
    expect(runs.published).toContainEqual(['run-cancels', JSON.stringify(ids)]);
  });

  it('does not ask twice in the name of somebody else', async () => {
    const run = await aClaimedRun();
    await runs.cancels.request(runs.dataSource.manager, [run.id], 'ann');
    expect(await runs.cancels.request(runs.dataSource.manager, [run.id], 'bob')).toEqual({
      endedIds: [],
      askedIds: [run.id],
    });
    expect(await stateOf(run.id)).toMatchObject({ cancelRequestedBy: 'ann' });
  });
});
