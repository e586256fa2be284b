import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isDeadlock } from '../common/db/postgres-errors.js';
import type { ReportedProcess } from './agent.entity.js';
import type { CommandOp } from './command-signature.js';

/** One report of one agent. Its words are checked: one bad report would spoil the batch that it is written in. */
export interface Report {
  hostId: number;
  tokenHash: string;
  name: string;
  version: string;
  isStopping: boolean;
  processes: ReportedProcess[];
  /** How a command ended that the agent was given before; null when it has nothing to tell. */
  commandResult: { runId: number; exitCode: number; output: string } | null;
}

/** What an agent is to do. @see agent/README.md, "Commands" */
export interface OpenCommand {
  runId: number;
  op: CommandOp;
  nonce: string;
  signature: string;
}

/** A host whose report was taken. */
export interface Reporter {
  hostId: number;
  tokenHash: string;
  businessId: number;
  cloudId: number;
  nodeType: string;
  /** Goes out with the answer, again and again until the agent tells how it ended, or the run is over. */
  command: OpenCommand | null;
  /** Whether somebody may have waited for this: a run confirmed, a goodbye, a return, a command taken or ended. */
  isNews: boolean;
}

/**
 * Checks tokens, promotes pending ones and writes what was reported, for any number of hosts. A report with an unknown
 * token, or of a removed host, touches nothing, nor does a goodbye with a pending one: what stops is not installed. When
 * a host reports with both its tokens the pending one wins, and the other one is dead. Rows of `agents` are locked in order of id, so that batches cannot block each other for ever;
 * rows of `hosts` are only written when people would see a difference. The result of a command is taken once, and from
 * its own host; an open command is locked as it goes out, so that it is either withdrawn or known to be out.
 */
const WRITE_REPORTS = `
  WITH report AS MATERIALIZED (
    SELECT host_id, token_hash, name, version, is_stopping, processes::jsonb AS processes,
      CASE WHEN is_stopping THEN 'TERMINATED' ELSE 'RUNNING' END AS status, ended_run_id, exit_code, output
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::int[], $8::int[], $9::text[])
      AS r (host_id, token_hash, name, version, is_stopping, processes, ended_run_id, exit_code, output)
  ), held AS MATERIALIZED (
    SELECT a.host_id, a.token_hash, a.pending_token_hash, a.stopped_at, h.business_id, h.cloud_id, h.node_type
    FROM agents a JOIN hosts h ON h.id = a.host_id
    WHERE a.host_id = ANY($1) AND h.removed_at IS NULL
    ORDER BY a.host_id FOR NO KEY UPDATE OF a
  ), accepted AS MATERIALIZED (
    SELECT DISTINCT ON (r.host_id) r.*, held.business_id, held.cloud_id, held.node_type,
      held.pending_token_hash IS NOT DISTINCT FROM r.token_hash AS is_promoted,
      (held.stopped_at IS NOT NULL) <> r.is_stopping AS is_turn
    FROM report r JOIN held ON held.host_id = r.host_id
      AND (r.token_hash = held.token_hash OR (r.token_hash = held.pending_token_hash AND NOT r.is_stopping))
    ORDER BY r.host_id, is_promoted DESC
  ), written AS (
    UPDATE agents a SET
      reported_at = now(), stopped_at = CASE WHEN r.is_stopping THEN now() END, processes = r.processes,
      token_hash = r.token_hash,
      pending_token_hash = CASE WHEN r.is_promoted THEN NULL ELSE a.pending_token_hash END,
      pending_run_id = CASE WHEN r.is_promoted THEN NULL ELSE a.pending_run_id END,
      confirmed_run_id = CASE WHEN r.is_promoted THEN a.pending_run_id ELSE a.confirmed_run_id END
    FROM accepted r WHERE a.host_id = r.host_id
  ), shown AS (
    UPDATE hosts h SET agent_status = r.status, agent_version = r.version, agent_name = r.name, agent_status_at = now()
    FROM accepted r WHERE h.id = r.host_id
      AND (h.agent_status, h.agent_version, h.agent_name) IS DISTINCT FROM (r.status, r.version, r.name)
  ), told AS (
    UPDATE agent_commands c SET ended_at = now(), exit_code = r.exit_code, output = r.output
    FROM accepted r WHERE c.run_id = r.ended_run_id AND c.host_id = r.host_id AND c.ended_at IS NULL
    RETURNING c.host_id
  ), command AS MATERIALIZED (
    SELECT c.host_id, c.run_id, c.op, c.nonce, c.signature, c.taken_at IS NULL AS is_new
    FROM accepted r JOIN agent_commands c USING (host_id) JOIN job_hosts j ON j.id = c.run_id
    WHERE c.ended_at IS NULL AND NOT r.is_stopping AND c.run_id IS DISTINCT FROM r.ended_run_id
      AND j.status = 'RUNNING' AND j.cancel_requested_at IS NULL
    FOR NO KEY UPDATE OF c
  ), taken AS (
    UPDATE agent_commands c SET taken_at = now() FROM command o WHERE o.is_new AND c.run_id = o.run_id
  )
  SELECT r.host_id AS "hostId", r.token_hash AS "tokenHash", r.business_id AS "businessId", r.cloud_id AS "cloudId",
    r.node_type AS "nodeType",
    CASE WHEN c.run_id IS NOT NULL THEN
      json_build_object('runId', c.run_id, 'op', c.op, 'nonce', c.nonce, 'signature', c.signature) END AS command,
    r.is_promoted OR r.is_turn OR coalesce(c.is_new, false) OR r.host_id IN (SELECT host_id FROM told) AS "isNews"
  FROM accepted r LEFT JOIN command c USING (host_id)`;

const MAX_TRIES = 3;

/** Writes reports, a whole batch in one statement. */
@Injectable()
export class HeartbeatWriter {
  private readonly logger = new Logger(HeartbeatWriter.name);

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Returns those that were taken; the others have tokens that are not good. */
  async write(reports: readonly Report[]): Promise<Reporter[]> {
    const parameters = [
      reports.map(({ hostId }) => hostId),
      reports.map(({ tokenHash }) => tokenHash),
      reports.map(({ name }) => name),
      reports.map(({ version }) => version),
      reports.map(({ isStopping }) => isStopping),
      reports.map(({ processes }) => JSON.stringify(processes)),
      reports.map(({ commandResult }) => commandResult?.runId ?? null),
      reports.map(({ commandResult }) => commandResult?.exitCode ?? null),
      reports.map(({ commandResult }) => commandResult?.output ?? null),
    ];
    for (let tries = 1; ; tries++) {
      try {
        return await this.dataSource.query<Reporter[]>(WRITE_REPORTS, parameters);
      } catch (error) {
        // A task on many hosts locks rows of `hosts` in an order of its own; whoever loses simply tries again.
        if (!isDeadlock(error) || tries === MAX_TRIES) throw error;
        this.logger.debug(`a batch of ${reports.length} reports met a deadlock and is written again`);
      }
    }
  }
}
