import { eventually } from '../support/eventually.js';
import type { ChaosHost } from './chaos-hosts.js';
import type { World } from './world.js';

/** What nobody disturbs any more ends within this time. */
const ENDS_WITHIN_MS = 90_000;
const SETTLES_WITHIN_MS = 20_000;

export interface RunFacts {
  id: number;
  job_id: number;
  host_id: number;
  address: string;
  op_type: string;
  status: string;
  err_code: string;
  step: string;
  losses: number;
  lease_owner: string | null;
  is_cancelled: boolean;
  /** That was asked for. */
  version: string | null;
  ended_at: Date | null;
  /** Lines of its log that tell its end. */
  endings: number;
  last_words: string | null;
}

const RUNS = `
  SELECT r.id, r.job_id, r.host_id, host(r.inner_ip) AS address, r.op_type, r.status, r.err_code, r.step, r.losses,
    r.lease_owner, r.ended_at, r.err_desc ->> 'en' AS last_words, r.cancel_requested_at IS NOT NULL AS is_cancelled,
    (SELECT j.package_version FROM jobs j WHERE j.id = r.job_id) AS version,
    (SELECT count(*)::int FROM run_logs l WHERE l.run_id = r.id AND l.step IN ('OVER_SUCCESS', 'OVER_FAILED')) AS endings
  FROM job_hosts r ORDER BY r.id`;

/** Hosts whose copy of their last run is not like it. */
const COPIES_THAT_DIFFER = `
  SELECT host(h.inner_ip) AS address, h.run_id, r.id, h.job_status, r.status, h.job_err_code, r.err_code, h.job_step, r.step
  FROM hosts h JOIN LATERAL (SELECT * FROM job_hosts j WHERE j.host_id = h.id ORDER BY j.id DESC LIMIT 1) r ON true
  WHERE (h.run_id, h.job_id, h.job_status, h.job_err_code, h.job_step)
    IS DISTINCT FROM (r.id, r.job_id, r.status, r.err_code, r.step)`;

const OPEN_RUNS = `SELECT id FROM job_hosts WHERE status IN ('QUEUE', 'RUNNING')`;

const INSTALLING = ['INSTALL', 'REINSTALL', 'UPGRADE'];

export function runsOf({ installation }: World): Promise<RunFacts[]> {
  return installation.query<RunFacts>(RUNS);
}

/** @returns what is not as it has to be once a world was healed, in words; best nothing */
export async function violationsOf(world: World, jobsTaken: number): Promise<string[]> {
  const unended = await complaintOf('every run ends', () => everyRunEnds(world), ENDS_WITHIN_MS);
  const runs = await runsOf(world);
  const lasts = [...new Map(runs.map((run) => [run.address, run])).values()];
  const found = await Promise.all([
    countsOf(world, runs),
    copiesOf(world),
    jobsOf(world, jobsTaken),
    ...world.hosts.all.map((host) => overlapsOn(host)),
    ...world.hosts.all.map((host) => complaintOf(`${host.address} is left alone`, () => isLeftAlone(host))),
    ...lasts.map((run) => stateOn(world, run, runs)),
  ]);
  return [unended, runs.flatMap(resultOf), ...found].flat();
}

async function everyRunEnds({ installation }: World): Promise<void> {
  const open = await installation.query<{ id: number }>(OPEN_RUNS);
  if (open.length > 0) throw new Error(`runs ${open.map(({ id }) => id).join(', ')} are not over`);
}

/** One end, one word of it, and no failure on our own side. */
function resultOf(run: RunFacts): string[] {
  const about = `run ${run.id} (${run.op_type} on ${run.address})`;
  const found: string[] = [];
  const isGood = run.status === 'SUCCESS';
  const outcome = isGood ? 'SUCCESS' : 'FAILED';
  if (run.status !== outcome || run.step !== `OVER_${outcome}` || isGood !== (run.err_code === 'SUCCESS'))
    found.push(`${about} is ${run.status} ${run.step} ${run.err_code}`);
  if (run.endings !== 1) found.push(`${about} tells its end ${run.endings} times`);
  if (run.lease_owner !== null || run.ended_at === null) found.push(`${about} is over, and held by ${run.lease_owner}`);
  if (run.is_cancelled !== (run.err_code === 'FORCE_STOP'))
    found.push(`${about} is ${run.err_code}, and was ${run.is_cancelled ? '' : 'not '}cancelled`);
  if (run.err_code === 'CELERY_TASK_EXCEPT' && run.losses < 3)
    found.push(`${about} failed on our side: ${run.last_words}`);
  return found;
}

async function countsOf({ installation }: World, runs: readonly RunFacts[]): Promise<string[]> {
  const found: string[] = [];
  for (const jobId of new Set(runs.map((run) => run.job_id))) {
    const its = runs.filter((run) => run.job_id === jobId);
    const success_count = its.filter(({ status }) => status === 'SUCCESS').length;
    const failed_count = its.length - success_count;
    const status = failed_count === 0 ? 'SUCCESS' : success_count === 0 ? 'FAILED' : 'PARTIAL_SUCCESS';
    const expected = { host_count: its.length, status, success_count, failed_count, running_count: 0, is_over: true };
    const job = await installation.must('GET', `/api/1/tasks/${jobId}/`);
    const seen = {
      host_count: job.host_count,
      status: job.status,
      ...job.status_count,
      is_over: job.end_time !== null,
    };
    if (JSON.stringify(Object.entries(seen).sort()) !== JSON.stringify(Object.entries(expected).sort()))
      found.push(`job ${jobId} says ${JSON.stringify(seen)}, its runs ${JSON.stringify(expected)}`);
  }
  return found;
}

async function copiesOf({ installation }: World): Promise<string[]> {
  const different = await installation.query(COPIES_THAT_DIFFER);
  return different.map((row) => `a host's copy of its last run is not like it: ${JSON.stringify(row)}`);
}

async function jobsOf({ installation }: World, taken: number): Promise<string[]> {
  const [row] = await installation.query<{ count: number }>('SELECT count(*)::int AS count FROM jobs');
  return row!.count === taken ? [] : [`${taken} jobs were taken, and there are ${row!.count}`];
}

async function overlapsOn(host: ChaosHost): Promise<string[]> {
  return (await host.overlaps()).map((overlap) => `two attempts at once on ${host.address}: ${overlap}`);
}

function isLeftAlone(host: ChaosHost): void {
  const left = host.scriptProcesses();
  if (left.length > 0) throw new Error(`processes ${left.join(', ')} of scripts are left`);
}

/** The host is what its last run says that it is. */
async function stateOn(world: World, last: RunFacts, runs: readonly RunFacts[]): Promise<string[]> {
  const expected = agentsAfter(last, runs);
  if (expected === null) return [];
  const about = `after ${last.op_type} ${last.err_code} (run ${last.id}) ${last.address} has ${expected} agents`;
  return complaintOf(about, async () => {
    const found = await world.hosts.at(last.address).supervisors();
    if (found.length !== expected) throw new Error(`there are ${found.length}; its log ends: ${last.last_words}`);
    if (expected === 0) return;
    const { items } = await world.installation.must('GET', `/api/1/hosts/?ip=${last.address}`);
    const [{ status, version }] = items[0].status;
    if (status !== 'RUNNING') throw new Error(`it is ${status}`);
    const wanted = last.status === 'SUCCESS' ? last.version : null;
    if (wanted !== null && version !== wanted) throw new Error(`it is version ${version}, not ${wanted}`);
  });
}

/** How many agents are on the host; null where the run does not say. */
export function agentsAfter(last: RunFacts, runs: readonly RunFacts[]): 0 | 1 | null {
  if (last.status === 'SUCCESS') return INSTALLING.includes(last.op_type) ? 1 : 0;
  const wasStopped = last.err_code === 'FORCE_STOP' && !/could not be/.test(last.last_words ?? '');
  if (!wasStopped || !INSTALLING.includes(last.op_type)) return null;
  const before = runs.filter(({ address, id }) => address === last.address && id < last.id).at(-1);
  if (before === undefined) return 0;
  return agentsAfter(before, runs);
}

/** Waits until it is so. @returns what it is instead, when it does not become so */
async function complaintOf(what: string, probe: () => unknown, timeoutMs = SETTLES_WITHIN_MS): Promise<string[]> {
  try {
    await eventually(async () => (await probe(), true), { timeoutMs, everyMs: 200 });
    return [];
  } catch (error) {
    return [`not so: ${what}: ${(error as Error).message}`];
  }
}
