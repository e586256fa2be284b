import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Step } from '../common/vocabulary/steps.js';
import { ConfigService } from '../config/config.service.js';
import { Env } from '../env/env.js';
import type { AuthType, NodeType, OsType } from '../hosts/host.enums.js';
import { copyToHosts, IS_LEFT, MOST_LOSSES } from './run-sql.js';
import type { OpType } from './task.enums.js';

/** A run, and the attempt that somebody holds of it. A write that names an attempt that is over touches no row. */
export interface RunRef {
  readonly id: number;
  readonly attempt: number;
}

/** A run that a worker may work on, with its host as it is now. */
export interface ClaimedRun extends RunRef {
  readonly jobId: number;
  readonly businessId: number;
  readonly hostId: number;
  readonly cloudId: number;
  readonly opType: OpType;
  readonly nodeType: NodeType;
  readonly osType: OsType;
  readonly innerIp: string;
  readonly outerIp: string | null;
  readonly hasCygwin: boolean;
  readonly port: number;
  readonly account: string;
  readonly authType: AuthType;
  readonly agentName: string;
  /** The version to install; null: the newest that fits. */
  readonly packageVersion: string | null;
  /** The host was only looked at so far: nothing of ours was ever on it. */
  readonly isCandidate: boolean;
  /** The host had an agent of ours when this was claimed. */
  readonly isAgentInstalled: boolean;
  /** As its agent last reported it; empty before that. */
  readonly agentVersion: string;
  /** Done by the host's own agent, since no credential is stored to log in with. */
  readonly isThroughAgent: boolean;
  readonly finishedSteps: readonly Step[];
  /** How many workers were lost on it so far. */
  readonly losses: number;
  /** Until its deadline, by the database's clock; negative when that has passed. */
  readonly msLeft: number;
  /** Who wants it stopped, for a run whose worker was lost before it could; null when nobody does. */
  readonly cancelledBy: string | null;
}

/** What a renewal found. */
export interface RenewedRun extends RunRef {
  /** Who wants it stopped; null when nobody does. */
  readonly cancelledBy: string | null;
}

/** Once such a run has its command it stays with it, also when the agent falls silent by it. */
const IS_THROUGH_AGENT = `(r.op_type IN ('UNINSTALL', 'REMOVE') AND (
  EXISTS (SELECT FROM agent_commands c WHERE c.run_id = r.id) OR (h.agent_status = 'RUNNING' AND NOT EXISTS (
    SELECT FROM credentials c WHERE c.host_id = h.id AND c.expires_at > now()))))`;

/** Null when nobody wants it stopped. */
const CANCELLED_BY = `CASE WHEN r.cancel_requested_at IS NOT NULL THEN coalesce(r.cancel_requested_by, '') END`;

/**
 * The businesses with queued runs are found by a loose index scan, one probe each, however many wait in them; then
 * each offers its oldest. A run's turn is its place in its business's queue behind the runs that the business has
 * going, so that the businesses take turns.
 */
const CLAIM = `
  WITH RECURSIVE waiting (business_id) AS (
    (SELECT business_id FROM job_hosts WHERE status = 'QUEUE' ORDER BY business_id LIMIT 1)
    UNION ALL
    SELECT (SELECT q.business_id FROM job_hosts q WHERE q.status = 'QUEUE' AND q.business_id > w.business_id
            ORDER BY q.business_id LIMIT 1)
    FROM waiting w WHERE w.business_id IS NOT NULL
  ), busy AS (
    SELECT business_id, count(*) AS runs FROM job_hosts WHERE status = 'RUNNING' GROUP BY business_id
  ), queued AS (
    SELECT o.id, coalesce(b.runs, 0) + o.place AS turn
    FROM waiting w LEFT JOIN busy b USING (business_id)
    CROSS JOIN LATERAL (
      SELECT id, row_number() OVER (ORDER BY id) AS place FROM (
        SELECT id FROM job_hosts WHERE status = 'QUEUE' AND business_id = w.business_id ORDER BY id LIMIT $3
      ) oldest
    ) o
    WHERE w.business_id IS NOT NULL ORDER BY turn, o.id LIMIT $3
  ), left_behind AS (
    SELECT id, 0 AS turn FROM job_hosts
    WHERE ${IS_LEFT} AND (lease_owner IS NULL OR losses < ${MOST_LOSSES - 1})
    ORDER BY lease_expires_at LIMIT $3
  ), chosen AS (
    SELECT r.id FROM job_hosts r JOIN (SELECT * FROM queued UNION ALL SELECT * FROM left_behind) c USING (id)
    WHERE r.status = 'QUEUE' OR (r.status = 'RUNNING' AND r.lease_expires_at < now())
    ORDER BY c.turn, r.id LIMIT $2 FOR NO KEY UPDATE OF r SKIP LOCKED
  ), claimed AS (
    UPDATE job_hosts r SET status = 'RUNNING', err_code = 'STILL_RUNNING', attempt = r.attempt + 1,
      losses = r.losses + (r.lease_owner IS NOT NULL)::int, lease_owner = $1,
      lease_expires_at = now() + make_interval(secs => $4),
      deadline_at = coalesce(r.deadline_at, now() + make_interval(secs => $5)),
      started_at = coalesce(r.started_at, now())
    FROM chosen c WHERE r.id = c.id RETURNING r.*
  ), copied AS (${copyToHosts('claimed')})
  SELECT r.id, r.attempt, r.job_id AS "jobId", r.business_id AS "businessId", r.host_id AS "hostId",
    r.cloud_id AS "cloudId", r.op_type AS "opType", r.node_type AS "nodeType", r.os_type AS "osType",
    host(r.inner_ip) AS "innerIp", host(r.outer_ip) AS "outerIp", r.has_cygwin AS "hasCygwin",
    h.port, h.account, h.auth_type AS "authType", h.agent_name AS "agentName",
    j.package_version AS "packageVersion", h.is_candidate AS "isCandidate", h.agent_installed AS "isAgentInstalled",
    h.agent_version AS "agentVersion", ${IS_THROUGH_AGENT} AS "isThroughAgent",
    r.finished_steps AS "finishedSteps", r.losses, ${CANCELLED_BY} AS "cancelledBy",
    (extract(epoch FROM r.deadline_at - now()) * 1000)::float8 AS "msLeft"
  FROM claimed r JOIN hosts h ON h.id = r.host_id JOIN jobs j ON j.id = r.job_id ORDER BY r.id`;

const RENEW = `
  WITH held AS (
    SELECT r.id FROM job_hosts r JOIN unnest($2::int[], $3::int[]) AS mine (id, attempt) USING (id, attempt)
    WHERE r.status = 'RUNNING' AND r.lease_owner = $1 ORDER BY r.id FOR NO KEY UPDATE OF r
  )
  UPDATE job_hosts r SET lease_expires_at = now() + make_interval(secs => $4) FROM held
  WHERE r.id = held.id RETURNING r.id, r.attempt, ${CANCELLED_BY} AS "cancelledBy"`;

const RELEASE = `
  WITH held AS (
    SELECT r.id FROM job_hosts r JOIN unnest($2::int[], $3::int[]) AS mine (id, attempt) USING (id, attempt)
    WHERE r.status = 'RUNNING' AND r.lease_owner = $1 ORDER BY r.id FOR NO KEY UPDATE OF r
  )
  UPDATE job_hosts r SET lease_owner = NULL, lease_expires_at = now() FROM held WHERE r.id = held.id`;

/** Who works on which run, and until when. All times are the database's: the workers' clocks may differ. */
@Injectable()
export class RunClaims {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: ConfigService,
    private readonly env: Env,
  ) {}

  /**
   * Takes at most `limit` runs for `owner`: those that others left behind first, then queued ones, of the business
   * with the fewest running first, then oldest first. Two callers never get the same run. One that is to be stopped is
   * given out too, once its worker is lost: what it did on its host is to be undone.
   */
  async claim(owner: string, limit: number): Promise<ClaimedRun[]> {
    const timeoutSeconds = await this.config.timeoutSeconds();
    // More are looked at than are wanted, since others may be taking the first ones right now.
    const pool = 2 * limit + 20;
    const values = [owner, limit, pool, this.env.leaseSeconds, timeoutSeconds];
    return this.dataSource.query<ClaimedRun[]>(CLAIM, values);
  }

  /** Prolongs the leases of these runs in one statement; a run that is missing in the answer is not ours any more. */
  async renew(owner: string, runs: readonly RunRef[]): Promise<RenewedRun[]> {
    if (runs.length === 0) return [];
    const values = [owner, ...columnsOf(runs), this.env.leaseSeconds];
    const [rows] = await this.dataSource.query<[RenewedRun[], number]>(RENEW, values);
    return rows;
  }

  /** Hands runs back unfinished: another worker may go on with them at once, and it does not count as a loss. */
  async release(owner: string, runs: readonly RunRef[]): Promise<void> {
    if (runs.length > 0) await this.dataSource.query(RELEASE, [owner, ...columnsOf(runs)]);
  }
}

function columnsOf(runs: readonly RunRef[]): [ids: number[], attempts: number[]] {
  return [runs.map(({ id }) => id), runs.map(({ attempt }) => attempt)];
}
