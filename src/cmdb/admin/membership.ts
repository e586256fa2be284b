import type { EntityManager } from 'typeorm';

/** A machine as the table of members writes it. */
export interface MemberRow {
  cloud_id: number;
  address: string;
}

/**
 * Makes edits of one business's topology wait for each other, so that a machine taken out of two modules at once is not left
 * in none. Weak enough to let hosts and jobs be added meanwhile.
 */
export async function lockTopology(manager: EntityManager, businessId: number): Promise<void> {
  await manager.query('SELECT 1 FROM businesses WHERE id = $1 FOR NO KEY UPDATE', [businessId]);
}

/** Puts those machines that are in no module of the business any more into 空闲机. */
export async function returnHomeless(
  manager: EntityManager,
  businessId: number,
  machines: readonly MemberRow[],
): Promise<void> {
  if (machines.length === 0) return;
  await manager.query(
    `INSERT INTO cmdb_members (module_id, cloud_id, address, business_id)
     SELECT landing.id, machine.cloud_id, machine.address, $1
     FROM unnest($2::int[], $3::inet[]) AS machine (cloud_id, address)
     JOIN cmdb_modules landing ON landing.business_id = $1 AND landing.is_landing
     WHERE NOT EXISTS (
       SELECT 1 FROM cmdb_members member
       WHERE member.business_id = $1 AND member.cloud_id = machine.cloud_id AND member.address = machine.address)
     ON CONFLICT DO NOTHING`,
    [businessId, machines.map(({ cloud_id }) => cloud_id), machines.map(({ address }) => address)],
  );
}

/** Takes the machines at `addresses` out of one module, and says which of them were in it. */
export function removeFromModule(
  manager: EntityManager,
  moduleId: number,
  cloudId: number,
  addresses: readonly string[],
): Promise<MemberRow[]> {
  return manager.query<MemberRow[]>(
    `WITH gone AS (
       DELETE FROM cmdb_members WHERE module_id = $1 AND cloud_id = $2 AND address = ANY ($3::inet[])
       RETURNING cloud_id, address)
     SELECT cloud_id, host(address) AS address FROM gone`,
    [moduleId, cloudId, addresses],
  );
}
