import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CredentialsService } from '../../hosts/credentials.service.js';
import type { RingableRun } from '../install.queue.js';
import type { HostPlan } from './host-plan.js';
import { HostTakeover } from './host-takeover.js';
import type { TaskRequest } from './task-request.js';

/** Who asks for what, for the rows of a job. */
export interface TaskOrigin {
  businessId: number;
  creator: string;
}

/** A job as it was written. */
export interface WrittenJob {
  jobId: number;
  /** Empty for UPDATE_AUTHINFO, whose runs have ended by then. */
  queued: RingableRun[];
}

const RESERVE_IDS = `SELECT nextval(pg_get_serial_sequence($1, 'id'))::int AS id FROM generate_series(1, $2::int)`;

const INSERT_JOB = `
  INSERT INTO jobs (business_id, cloud_id, op_type, node_type, creator, origin_job_id, package_version, status, end_time)
  VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $8 THEN 'SUCCESS' ELSE 'RUNNING' END, CASE WHEN $8 THEN now() END)
  RETURNING id`;

const ROWS = `json_to_recordset($1::json) AS r (
  host_id int, run_id int, inner_ip inet, outer_ip inet, node_type text, os_type text, account text, port int,
  auth_type text, has_cygwin boolean)`;

const INSERT_HOSTS = `
  INSERT INTO hosts (id, business_id, cloud_id, inner_ip, outer_ip, node_type, os_type, account, port, auth_type,
    has_cygwin, is_candidate, run_id, job_id, job_status, job_err_code, job_step)
  SELECT host_id, $2, $3, inner_ip, outer_ip, node_type, os_type, account, port, auth_type, has_cygwin,
    $5, run_id, $4, 'QUEUE', 'INIT', 'INIT'
  FROM ${ROWS}`;

const AUTH_INFO = 'account = r.account, port = r.port, auth_type = r.auth_type, updated_at = now()';

const UPDATE_AUTH_INFO = `UPDATE hosts h SET ${AUTH_INFO} FROM ${ROWS} WHERE h.id = r.host_id`;

const LAST_RUN = `run_id = r.run_id, job_id = $2, job_status = 'QUEUE', job_err_code = 'INIT', job_err_desc = NULL,
    job_step = 'INIT'`;

const UPDATE_HOSTS = `
  UPDATE hosts h SET ${AUTH_INFO}, ${LAST_RUN}, outer_ip = r.outer_ip, node_type = r.node_type, os_type = r.os_type,
    has_cygwin = r.has_cygwin, is_candidate = h.is_candidate AND $3
  FROM ${ROWS} WHERE h.id = r.host_id`;

/** What a PRECHECK tries on a host that we manage is the run's alone, the way in apart. */
const UPDATE_CHECKED_HOSTS = `UPDATE hosts h SET ${AUTH_INFO}, ${LAST_RUN} FROM ${ROWS} WHERE h.id = r.host_id`;

/** Runs of UPDATE_AUTHINFO are born ended, so that the rule of one active run a host does not concern them. */
const INSERT_RUNS = `
  INSERT INTO job_hosts (id, job_id, business_id, host_id, cloud_id, inner_ip, outer_ip, node_type, os_type, has_cygwin,
    op_type, status, err_code, step, started_at, ended_at)
  SELECT run_id, $2, $3, host_id, $4, inner_ip, outer_ip, node_type, os_type, has_cygwin, $5,
    CASE WHEN $6 THEN 'SUCCESS' ELSE 'QUEUE' END, CASE WHEN $6 THEN 'SUCCESS' ELSE 'INIT' END,
    CASE WHEN $6 THEN 'OVER_SUCCESS' ELSE 'INIT' END, CASE WHEN $6 THEN now() END, CASE WHEN $6 THEN now() END
  FROM ${ROWS}`;

/** A host and its run, as the statements take them. */
interface WrittenRow {
  host_id: number;
  run_id: number;
  [column: string]: unknown;
}

/** Writes a checked request: job, hosts, runs, credentials. A fixed number of statements, hosts of other businesses apart. */
@Injectable()
export class TaskWriter {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly takeover: HostTakeover,
  ) {}

  /** @throws QueryFailedError with the unique index that another request got ahead at */
  async write(
    manager: EntityManager,
    request: TaskRequest,
    plans: readonly HostPlan[],
    { businessId, creator }: TaskOrigin,
  ): Promise<WrittenJob> {
    const { cloudId, opType, originJobId, packageVersion } = request;
    const isDone = opType === 'UPDATE_AUTHINFO';
    const nodeType = request.nodeType ?? plans[0]!.nodeType;
    const [job] = await manager.query<[{ id: number }]>(INSERT_JOB, [
      ...[businessId, cloudId, opType, nodeType, creator, originJobId, packageVersion],
      isDone,
    ]);
    await this.takeover.take(manager, cloudId, plans);
    const rows = await this.rowsOf(manager, plans);
    await writeHosts(manager, request, plans, rows, { businessId, jobId: job.id });
    await manager.query(INSERT_RUNS, [JSON.stringify(rows), job.id, businessId, cloudId, opType, isDone]);
    await this.credentials.storeMany(
      manager,
      plans.flatMap(({ authType: kind, secret }, index) =>
        secret === null ? [] : [{ hostId: rows[index]!.host_id, kind, secret }],
      ),
    );
    return { jobId: job.id, queued: isDone ? [] : rows.map(({ run_id: id }) => ({ id, attempt: 0 })) };
  }

  /** Ids are taken beforehand, so that hosts, runs and credentials can refer to each other without reading back. */
  private async rowsOf(manager: EntityManager, plans: readonly HostPlan[]): Promise<WrittenRow[]> {
    const runIds = await this.reserveIds(manager, 'job_hosts', plans.length);
    const newHosts = plans.filter(({ known }) => known === null).length;
    const newHostIds = (await this.reserveIds(manager, 'hosts', newHosts)).values();
    return plans.map((plan, index) => ({
      host_id: plan.known?.id ?? newHostIds.next().value!,
      run_id: runIds[index]!,
      inner_ip: plan.row.address!,
      outer_ip: plan.outerIp,
      node_type: plan.nodeType,
      os_type: plan.osType,
      account: plan.account,
      port: plan.port,
      auth_type: plan.authType,
      has_cygwin: plan.hasCygwin,
    }));
  }

  private async reserveIds(manager: EntityManager, table: string, count: number): Promise<number[]> {
    if (count === 0) return [];
    return (await manager.query<{ id: number }[]>(RESERVE_IDS, [table, count])).map(({ id }) => id);
  }
}

/** The hosts as the request makes them: new ones, those that change, and those that are only looked at. */
async function writeHosts(
  manager: EntityManager,
  { opType, cloudId }: TaskRequest,
  plans: readonly HostPlan[],
  rows: readonly WrittenRow[],
  { businessId, jobId }: { businessId: number; jobId: number },
): Promise<void> {
  const isCheck = opType === 'PRECHECK';
  const write = async (statement: string, wanted: (plan: HostPlan) => boolean, ...values: unknown[]): Promise<void> => {
    const some = rows.filter((_, index) => wanted(plans[index]!));
    if (some.length > 0) await manager.query(statement, [JSON.stringify(some), ...values]);
  };
  await write(INSERT_HOSTS, ({ known }) => known === null, businessId, cloudId, jobId, isCheck);
  if (opType === 'UPDATE_AUTHINFO') return write(UPDATE_AUTH_INFO, ({ known }) => known !== null);
  const isLookedAt = ({ known }: HostPlan): boolean => known !== null && isCheck && !known.isCandidate;
  await write(UPDATE_HOSTS, (plan) => plan.known !== null && !isLookedAt(plan), jobId, opType !== 'INSTALL');
  await write(UPDATE_CHECKED_HOSTS, isLookedAt, jobId);
}
