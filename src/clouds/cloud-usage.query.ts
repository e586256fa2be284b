import type { EntityManager } from 'typeorm';
import { DIRECT_CLOUD_ID } from './cloud.entity.js';
import { isUsableProxy } from './usable-proxy.sql.js';

// Hosts are a feature that builds on clouds, so nothing of it may be imported here. What a cloud tells about its hosts are three
// counts and a few addresses: this file alone knows the columns of table `hosts` that they need.

/** A cloud with what one business has in it. */
export interface CloudUsage {
  id: number;
  name: string;
  creator: string;
  createdAt: Date;
  /** Proxies of the business. */
  proxyTotal: number;
  /** Those that can be used. */
  proxyValid: number;
  /** Hosts of any node type. */
  hostCount: number;
}

const IS_PROXY = `h.node_type = 'PROXY' AND NOT h.is_candidate`;

/** One cloud, or all but cloud 0, ordered by id. */
export function cloudUsages(manager: EntityManager, businessId: number, cloudId?: number): Promise<CloudUsage[]> {
  return manager.query<CloudUsage[]>(
    `SELECT c.id, c.name, c.creator, c.created_at AS "createdAt",
       count(h.id) FILTER (WHERE ${IS_PROXY})::int AS "proxyTotal",
       count(h.id) FILTER (WHERE ${IS_PROXY} AND ${isUsableProxy('h')})::int AS "proxyValid",
       count(h.id)::int AS "hostCount"
     FROM clouds c
     LEFT JOIN hosts h ON h.cloud_id = c.id AND h.business_id = $1 AND h.removed_at IS NULL
     WHERE ${cloudId === undefined ? 'c.id <> $2' : 'c.id = $2'}
     GROUP BY c.id ORDER BY c.id`,
    [businessId, cloudId ?? DIRECT_CLOUD_ID],
  );
}

/** Whether any business has hosts in the cloud, and the first addresses of those businesses that may be named. */
export async function hostsKeeping(
  manager: EntityManager,
  cloudId: number,
  visibleBusinessIds: readonly number[] | 'all',
  limit: number,
): Promise<{ any: boolean; addresses: string[] }> {
  const live = 'cloud_id = $1 AND removed_at IS NULL';
  const [first] = await manager.query<unknown[]>(`SELECT 1 FROM hosts WHERE ${live} LIMIT 1`, [cloudId]);
  if (!first) return { any: false, addresses: [] };
  const rows = await manager.query<{ address: string }[]>(
    `SELECT host(inner_ip) AS address FROM hosts WHERE ${live} AND ($2::int[] IS NULL OR business_id = ANY ($2))
     ORDER BY inner_ip LIMIT $3`,
    [cloudId, visibleBusinessIds === 'all' ? null : visibleBusinessIds, limit],
  );
  return { any: true, addresses: rows.map(({ address }) => address) };
}

/** Ends the day of grace of the cloud's removed hosts: without their cloud they could not be restored. */
export async function purgeRemovedHosts(manager: EntityManager, cloudId: number): Promise<void> {
  await manager.query('DELETE FROM hosts WHERE cloud_id = $1 AND removed_at IS NOT NULL', [cloudId]);
}
