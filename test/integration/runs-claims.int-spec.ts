import { Host } from '../../src/hosts/host.entity.js';
import { JobHost } from '../../src/tasks/job-host.entity.js';
import { aBusiness, aJob } from '../support/factories.js';
import { aQueuedRun, openRuns } from '../support/runs.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

let database: TestDatabase;
let runs: Awaited<ReturnType<typeof openRuns>>;

beforeAll(async () => {
  database = await createTestDatabase();
  runs = await openRuns(database.url);
});

afterEach(() => runs.dataSource.query('TRUNCATE jobs, job_hosts, hosts CASCADE'));

afterAll(async () => {
  await runs.close();
  await database.drop();
});

const stateOf = (id: number) => runs.dataSource.manager.findOneByOrFail(JobHost, { id });
const loseLease = (id: number) =>
  runs.dataSource.query(`UPDATE job_hosts SET lease_expires_at = now() - interval '1 s' WHERE id = $1`, [id]);

describe('RunClaims.claim', () => {
  it('moves a queued run and its host to RUNNING, with a lease and a deadline by the clock of the database', async () => {
    const { run, host } = await aQueuedRun(runs.dataSource);
    const [claimed, ...others] = await runs.claims.claim('a', 10);
    expect(others).toEqual([]);
    expect(claimed).toMatchObject({
      id: run.id,
      attempt: 1,
      hostId: host.id,
      jobId: run.jobId,
      innerIp: host.innerIp,
      port: 22,
      account: 'root',
      authType: 'PASSWORD',
      opType: 'INSTALL',
      finishedSteps: [],
      losses: 0,
    });
    expect(claimed!.msLeft).toBeCloseTo(180_000, -2);
    const after = await stateOf(run.id);
    expect(after).toMatchObject({ status: 'RUNNING', errCode: 'STILL_RUNNING', leaseOwner: 'a', step: 'INIT' });
    expect(after.deadlineAt!.getTime() - after.startedAt!.getTime()).toBe(180_000);
    const copy = await runs.dataSource.manager.findOneByOrFail(Host, { id: host.id });
    expect(copy).toMatchObject({ jobStatus: 'RUNNING', jobErrCode: 'STILL_RUNNING', jobStep: 'INIT' });
  });

  it('leaves the copy of a host alone whose last run is another one', async () => {
    const { run, host } = await aQueuedRun(runs.dataSource);
    await runs.dataSource.manager.update(Host, { id: host.id }, { runId: 0, jobStatus: 'SUCCESS' });
    expect(await runs.claims.claim('a', 1)).toMatchObject([{ id: run.id }]);
    expect(await runs.dataSource.manager.findOneByOrFail(Host, { id: host.id })).toMatchObject({
      jobStatus: 'SUCCESS',
    });
  });

  it('lets businesses take turns, and in a business the oldest run', async () => {
    const big = await aBusiness(runs.dataSource);
    const small = await aBusiness(runs.dataSource);
    const crowd = await aJob(runs.dataSource, { businessId: big.id });
    const of: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      of.push((await aQueuedRun(runs.dataSource, { host: { businessId: big.id }, job: crowd })).run.id);
    }
    const single = (await aQueuedRun(runs.dataSource, { host: { businessId: small.id } })).run.id;
    const first = await runs.claims.claim('a', 3);
    expect(first.map(({ id }) => id)).toEqual([of[0], of[1], single]);
    const late = (await aQueuedRun(runs.dataSource, { host: { businessId: small.id } })).run.id;
    expect(await runs.claims.claim('a', 1)).toMatchObject([{ id: late }]);
    expect(await runs.claims.claim('a', 1)).toMatchObject([{ id: of[2] }]);
  });

  it('never gives one run to two of many who claim at once, and leaves none behind', async () => {
    const job = await aJob(runs.dataSource);
    for (let n = 0; n < 60; n += 1) await aQueuedRun(runs.dataSource, { job });
    const taken: number[] = [];
    const claimAll = async (owner: string): Promise<void> => {
      for (;;) {
        const got = await runs.claims.claim(owner, 7);
        if (got.length === 0) return;
        taken.push(...got.map(({ id }) => id));
      }
    };
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(claimAll));
    await claimAll('late');
    expect(taken).toHaveLength(60);
    expect(new Set(taken).size).toBe(60);
  });

  it('takes a run over whose lease ran out: a new attempt, a loss, the same deadline, at its first unfinished step', async () => {
    const { run } = await aQueuedRun(runs.dataSource);
    const [first] = await runs.claims.claim('a', 1);
    await runs.transitions.finishStep(first!, 'INIT', 'SSH_LOGIN');
    const before = await stateOf(run.id);
    expect(await runs.claims.claim('b', 1)).toEqual([]);
    await loseLease(run.id);
    const [second] = await runs.claims.claim('b', 1);
    expect(second).toMatchObject({ id: run.id, attempt: 2, losses: 1, finishedSteps: ['INIT'] });
    expect((await stateOf(run.id)).deadlineAt).toEqual(before.deadlineAt);
  });

  it('does not count it as a loss when a run was handed back, and gives it out at once', async () => {
    const { run } = await aQueuedRun(runs.dataSource);
    const claimed = await runs.claims.claim('a', 1);
    await runs.claims.release('a', claimed);
    expect(await runs.claims.claim('b', 1)).toMatchObject([{ id: run.id, attempt: 2, losses: 0 }]);
  });

  it('does not take over a run that was lost twice before', async () => {
    const { run } = await aQueuedRun(runs.dataSource, { run: { losses: 2 } });
    await runs.claims.claim('a', 1);
    await loseLease(run.id);
    expect(await runs.claims.claim('b', 9)).toEqual([]);
  });

  it('takes over a run that is to be stopped, and says by whom', async () => {
    const { run } = await aQueuedRun(runs.dataSource);
    expect(await runs.claims.claim('a', 1)).toMatchObject([{ id: run.id, cancelledBy: null }]);
    await runs.cancels.request(runs.dataSource.manager, [run.id], 'ann');
    expect(await runs.claims.claim('b', 1)).toEqual([]);
    await loseLease(run.id);
    expect(await runs.claims.claim('b', 1)).toMatchObject([{ id: run.id, attempt: 2, cancelledBy: 'ann' }]);
  });

  it('tells what the host had, and whether its own agent is to do the work', async () => {
    const agent = { agentInstalled: true, agentStatus: 'RUNNING' as const, agentVersion: '1.1.0' };
    const uninstall = { run: { opType: 'UNINSTALL' as const } };
    const without = await aQueuedRun(runs.dataSource, { host: agent, ...uninstall });
    const silent = await aQueuedRun(runs.dataSource, { host: { ...agent, agentStatus: 'TERMINATED' }, ...uninstall });
    const stored = await aQueuedRun(runs.dataSource, { host: agent, ...uninstall });
    await runs.dataSource.query(
      `INSERT INTO credentials (host_id, kind, ciphertext, key_id, expires_at)
       VALUES ($1, 'PASSWORD', '', 'x', now() + interval '1 h')`,
      [stored.host.id],
    );
    const claimed = await runs.claims.claim('a', 9);
    expect(claimed.map(({ id, isThroughAgent }) => [id, isThroughAgent])).toEqual([
      [without.run.id, true],
      [silent.run.id, false],
      [stored.run.id, false],
    ]);
    expect(claimed[0]).toMatchObject({ isAgentInstalled: true, agentVersion: '1.1.0' });
  });

  it('is quick with 100 000 queued runs of 100 businesses', async () => {
    await runs.dataSource.query(`
      WITH b AS (INSERT INTO businesses (name) SELECT 'many-' || n FROM generate_series(1, 100) n RETURNING id),
      j AS (INSERT INTO jobs (business_id, cloud_id, op_type, node_type, creator)
            SELECT id, 0, 'INSTALL', 'AGENT', 'x' FROM b RETURNING id, business_id),
      h AS (INSERT INTO hosts (business_id, cloud_id, inner_ip, node_type, os_type)
            SELECT j.business_id, 0, '10.0.0.0'::inet + (n + 1000 * (row_number() OVER (PARTITION BY n ORDER BY j.id) - 1)), 'AGENT', 'LINUX'
            FROM j, generate_series(1, 1000) n RETURNING id, business_id, inner_ip)
      INSERT INTO job_hosts (job_id, business_id, host_id, cloud_id, inner_ip, node_type, os_type, op_type)
      SELECT j.id, h.business_id, h.id, 0, h.inner_ip, 'AGENT', 'LINUX', 'INSTALL' FROM h JOIN j USING (business_id)`);
    await runs.dataSource.query('ANALYZE job_hosts');
    await runs.claims.claim('warm', 100);
    const started = performance.now();
    const claimed = await runs.claims.claim('a', 100);
    const tookMs = performance.now() - started;
    expect(claimed).toHaveLength(100);
    expect(new Set(claimed.map(({ businessId }) => businessId)).size).toBe(100);
    expect(tookMs).toBeLessThan(500);
  });
});

describe('RunClaims.renew', () => {
  it('prolongs what is ours, and is silent about what is not', async () => {
    const { run } = await aQueuedRun(runs.dataSource);
    const [first] = await runs.claims.claim('a', 1);
    await loseLease(run.id);
    expect(await runs.claims.renew('a', [first!])).toEqual([{ id: run.id, attempt: 1, cancelledBy: null }]);
    expect((await stateOf(run.id)).leaseExpiresAt!.getTime()).toBeGreaterThan(Date.now() + 10_000);
    await loseLease(run.id);
    await runs.claims.claim('b', 1);
    expect(await runs.claims.renew('a', [first!])).toEqual([]);
    expect(await runs.claims.renew('a', [{ id: run.id, attempt: 2 }])).toEqual([]);
  });

  it('brings back that somebody wants it stopped', async () => {
    const { run } = await aQueuedRun(runs.dataSource);
    const claimed = await runs.claims.claim('a', 1);
    await runs.cancels.request(runs.dataSource.manager, [run.id], 'ann');
    expect(await runs.claims.renew('a', claimed)).toEqual([{ id: run.id, attempt: 1, cancelledBy: 'ann' }]);
  });
});
