import type { EntityManager } from 'typeorm';
import { isUsableProxy } from '../../clouds/usable-proxy.sql.js';
import type { AuthType, NodeType, OsType } from '../../hosts/host.enums.js';
import { takesAgentAway, type TaskRequest } from './task-request.js';

/** A live host at an address that a request names, in whatever business. */
export interface KnownHost {
  id: number;
  businessId: number;
  nodeType: NodeType;
  osType: OsType;
  outerIp: string | null;
  account: string;
  port: number;
  authType: AuthType;
  hasCygwin: boolean;
  /** The package that its agent is installed from. */
  agentName: string;
  isInstalled: boolean;
  /** Known from a PRECHECK only: it does not count as managed. */
  isCandidate: boolean;
  /** A run of it is queued or running. */
  isBusy: boolean;
  /** Kind of the credential that is stored and has not expired. */
  storedKind: AuthType | null;
}

export interface KnownProxy {
  id: number;
  /** Hosts behind it can be reached. */
  isUsable: boolean;
  /** Has an agent, and no run is taking it away. */
  isStaying: boolean;
}

/** What the database knows about a request, read in a fixed number of statements whatever its size. */
export interface TaskFacts {
  doesCloudExist: boolean;
  /** By the canonical address of the row. */
  hosts: ReadonlyMap<string, KnownHost>;
  /** The business's proxies in the cloud, without candidates; not read for cloud 0. */
  proxies: readonly KnownProxy[];
  hasPagents: boolean;
}

const LOCK = `
  SELECT id FROM hosts WHERE cloud_id = $1 AND inner_ip = ANY($2::inet[]) AND removed_at IS NULL
  ORDER BY id FOR NO KEY UPDATE`;

const HOSTS = `
  SELECT named.ordinality::int - 1 AS index, h.id, h.business_id AS "businessId", h.node_type AS "nodeType",
    h.os_type AS "osType", host(h.outer_ip) AS "outerIp", h.account, h.port, h.auth_type AS "authType",
    h.has_cygwin AS "hasCygwin", h.agent_name AS "agentName", h.agent_installed AS "isInstalled",
    h.is_candidate AS "isCandidate", c.kind AS "storedKind",
    EXISTS (SELECT FROM job_hosts r WHERE r.host_id = h.id AND r.status IN ('QUEUE', 'RUNNING')) AS "isBusy"
  FROM unnest($2::inet[]) WITH ORDINALITY named (address, ordinality)
  JOIN hosts h ON h.cloud_id = $1 AND h.inner_ip = named.address AND h.removed_at IS NULL
  LEFT JOIN credentials c ON c.host_id = h.id AND c.expires_at > now()`;

const PROXIES = `
  SELECT h.id, ${isUsableProxy('h')} AS "isUsable",
    (h.agent_installed OR h.agent_status = 'RUNNING') AND NOT EXISTS (
      SELECT FROM job_hosts r
      WHERE r.host_id = h.id AND r.status IN ('QUEUE', 'RUNNING') AND r.op_type IN ('UNINSTALL', 'REMOVE')
    ) AS "isStaying"
  FROM hosts h
  WHERE h.business_id = $1 AND h.cloud_id = $2 AND h.node_type = 'PROXY' AND h.removed_at IS NULL AND NOT h.is_candidate`;

const HAS_PAGENTS = `
  SELECT EXISTS (
    SELECT FROM hosts WHERE business_id = $1 AND cloud_id = $2 AND node_type = 'PAGENT' AND removed_at IS NULL
      AND NOT is_candidate
  ) AS "hasPagents"`;

/**
 * Locks the hosts that the request names, then reads. In two statements, since a read that waits for a lock would
 * still see the runs of before the wait. Hosts are locked in order of id, like everywhere, so that requests over the
 * same hosts wait for each other and do not deadlock.
 */
export async function readFacts(manager: EntityManager, businessId: number, request: TaskRequest): Promise<TaskFacts> {
  const { cloudId } = request;
  const addresses = request.rows.map((row) => row.address).filter((address) => address !== null);
  const clouds = await manager.query<unknown[]>(cloudStatement(request), [cloudId]);
  await manager.query(LOCK, [cloudId, addresses]);
  const found = await manager.query<(KnownHost & { index: number })[]>(HOSTS, [cloudId, addresses]);
  const hosts = new Map(found.map(({ index, ...host }) => [addresses[index]!, host]));
  const doesCloudExist = clouds.length > 0;
  if (cloudId === 0) return { doesCloudExist, hosts, proxies: [], hasPagents: false };
  const proxies = await manager.query<KnownProxy[]>(PROXIES, [businessId, cloudId]);
  const [{ hasPagents }] = (await manager.query(HAS_PAGENTS, [businessId, cloudId])) as [{ hasPagents: boolean }];
  return { doesCloudExist, hosts, proxies, hasPagents };
}

/**
 * Rules that count the proxies of a cloud hold only if nobody else changes them meanwhile: what adds or takes proxies
 * away has the cloud for itself, what relies on one keeps such changes out.
 */
function cloudStatement({ cloudId, nodeType, opType }: TaskRequest): string {
  const exists = 'SELECT id FROM clouds WHERE id = $1';
  if (cloudId === 0) return exists;
  return nodeType === 'PROXY' || takesAgentAway(opType) ? `${exists} FOR NO KEY UPDATE` : `${exists} FOR SHARE`;
}
