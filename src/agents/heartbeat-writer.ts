import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isDeadlock } from '../common/db/postgres-errors.js';
import type { ReportedProcess } from './agent.entity.js';

/** One report of one agent. Its words are checked: one bad report would spoil the batch that it is written in. */
export interface Report {
  hostId: number;
  tokenHash: string;
  name: string;
  version: string;
  isStopping: boolean;
  processes: ReportedProcess[];
}

/** A host whose report was taken. */
export interface Reporter {
  hostId: number;
  tokenHash: string;
  businessId: number;
  cloudId: number;
  nodeType: string;
  /** Whether somebody may have waited for this: a run confirmed, a goodbye, a return. */
  isNews: boolean;
}

/**
 * Checks tokens, promotes pending ones and writes what was reported, for any number of hosts. A report with an unknown
 * token, or of a removed host, touches nothing. When a host reports with both its tokens the pending one wins, and the
 * other one is dead. Rows of `agents` are locked in order of id, so that batches cannot block each other for ever;
 * rows of `hosts` are only written when people would see a difference.
 */
const WRITE_REPORTS = `
  WITH report AS MATERIALIZED (
    SELECT host_id, token_hash, name, version, is_stopping, processes::jsonb AS processes,
      CASE WHEN is_stopping THEN 'TERMINATED' ELSE 'RUNNING' END AS status
    FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[])
      AS r (host_id, token_hash, name, version, is_stopping, processes)
  ), held AS MATERIALIZED (
    SELECT a.host_id, a.token_hash, a.pending_token_hash, a.stopped_at, h.business_id, h.cloud_id, h.node_type
    FROM agents a JOIN hosts h ON h.id = a.host_id
    WHERE a.host_id = ANY($1) AND h.removed_at IS NULL
    ORDER BY a.host_id FOR NO KEY UPDATE OF a
  ), accepted AS MATERIALIZED (
    SELECT DISTINCT ON (r.host_id) r.*, held.business_id, held.cloud_id, held.node_type,
      held.pending_token_hash IS NOT DISTINCT FROM r.token_hash AS is_promoted,
      (held.stopped_at IS NOT NULL) <> r.is_stopping AS is_turn
    FROM report r JOIN held ON held.host_id = r.host_id AND r.token_hash IN (held.token_hash, held.pending_token_hash)
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
  )
  SELECT host_id AS "hostId", token_hash AS "tokenHash", business_id AS "businessId", cloud_id AS "cloudId", node_type AS "nodeType",
    is_promoted OR is_turn AS "isNews"
  FROM accepted`;

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
