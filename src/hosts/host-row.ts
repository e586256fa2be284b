import type { AgentStatus, AuthType, NodeType, OsType } from './host.enums.js';

/** A process as table `agents` keeps it from the last report. */
interface ProcessRow {
  name: string;
  status: 'RUNNING' | 'TERMINATED';
  version: string;
}

/** What a status is made of. */
export interface StatusRow {
  id: number;
  agent_name: string;
  agent_status: AgentStatus;
  agent_version: string;
  agent_status_at: Date | null;
  /** Null when no agent has been issued a token yet. */
  processes: ProcessRow[] | null;
  reported_at: Date | null;
}

/** All that lists tell of a host, from one statement. */
export interface HostRow extends StatusRow {
  business_id: number;
  cloud_id: number;
  cloud_name: string;
  inner_ip: string;
  outer_ip: string | null;
  node_type: NodeType;
  os_type: OsType;
  account: string;
  port: number;
  auth_type: AuthType;
  has_cygwin: boolean;
  is_candidate: boolean;
  job_id: number | null;
  job_status: string;
  job_err_code: string;
  job_err_desc: { zh: string; en: string } | null;
  job_step: string;
  created_at: Date;
  updated_at: Date;
  removed_at: Date | null;
  /** Null when nothing is stored, or no longer. */
  credential_expires_at: Date | null;
}

/**
 * Table `agents` is read here although the feature is further right: what an agent reported is part of its host's
 * status, and a list must not ask once per host.
 */
const STATUS_COLUMNS = `host.id, host.agent_name, host.agent_status, host.agent_version, host.agent_status_at,
  agent.processes, agent.reported_at`;

const HOST_COLUMNS = `${STATUS_COLUMNS},
  host.business_id, host.cloud_id, cloud.name AS cloud_name, host.inner_ip, host.outer_ip, host.node_type, host.os_type,
  host.account, host.port, host.auth_type, host.has_cygwin, host.is_candidate, host.job_id, host.job_status, host.job_err_code,
  host.job_err_desc, host.job_step, host.created_at, host.updated_at, host.removed_at,
  credential.expires_at AS credential_expires_at`;

/** Selects `StatusRow`s; conditions on `host` may follow. */
export const SELECT_STATUS_ROWS = `SELECT ${STATUS_COLUMNS} FROM hosts host LEFT JOIN agents agent ON agent.host_id = host.id`;

/** Selects `HostRow`s; joins and conditions on `host` may follow. */
export const SELECT_HOST_ROWS = `SELECT ${HOST_COLUMNS} FROM hosts host
  JOIN clouds cloud ON cloud.id = host.cloud_id
  LEFT JOIN credentials credential ON credential.host_id = host.id AND credential.expires_at > now()
  LEFT JOIN agents agent ON agent.host_id = host.id`;
