import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ValidateError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import { parseAddress } from '../../common/validation/addresses.js';
import { parseId } from '../../common/validation/ids.js';
import { ModuleNotFoundError } from '../cmdb.errors.js';
import { CmdbModule } from '../cmdb-module.entity.js';
import { CmdbSet } from '../cmdb-set.entity.js';
import { lockTopology, removeFromModule, returnHomeless } from './membership.js';

/** Machines and the module they are to be put in or taken from; ids and addresses as the client wrote them. */
export interface Placement {
  businessId: number;
  moduleId: number;
  cloudId: string;
  addresses: readonly string[];
}

/** A machine is in one module of the idle pool, or in any number of others: never both. */
@Injectable()
export class PlacementService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Puts machines into a module: out of the idle pool when it is an ordinary one, out of all others when it is of the idle pool.
   * Returns how many were not there before.
   * @throws ModuleNotFoundError
   * @throws ValidateError on `hosts` or `bk_cloud_id`
   */
  async add(placement: Placement): Promise<number> {
    const addresses = canonical(placement.addresses);
    return this.dataSource.transaction(async (manager) => {
      const { module, cloudId } = await lockAndFind(manager, placement);
      const isIdle = await manager.existsBy(CmdbSet, { id: module.setId, isIdlePool: true });
      const added = await insertMembers(manager, module, cloudId, addresses);
      await manager.query(
        `DELETE FROM cmdb_members
         WHERE business_id = $1 AND cloud_id = $2 AND address = ANY ($3::inet[]) AND module_id <> $4
           AND ($5 OR module_id IN (
             SELECT id FROM cmdb_modules WHERE set_id = (SELECT id FROM cmdb_sets WHERE business_id = $1 AND is_idle_pool)))`,
        [module.businessId, cloudId, addresses, module.id, isIdle],
      );
      return added;
    });
  }

  /**
   * Takes machines out of a module; those left in none go back to 空闲机. Out of 空闲机 they leave the topology, until an agent is
   * installed on them again. Returns how many were there.
   * @throws ModuleNotFoundError
   * @throws ValidateError on `hosts` or `bk_cloud_id`
   */
  async remove(placement: Placement): Promise<number> {
    const addresses = canonical(placement.addresses);
    return this.dataSource.transaction(async (manager) => {
      const { module, cloudId } = await lockAndFind(manager, placement);
      const removed = await removeFromModule(manager, module.id, cloudId, addresses);
      if (!module.isLanding) await returnHomeless(manager, module.businessId, removed);
      return removed.length;
    });
  }
}

async function lockAndFind(manager: EntityManager, { businessId, moduleId, cloudId }: Placement) {
  await lockTopology(manager, businessId);
  const module = await manager.findOneBy(CmdbModule, { id: moduleId, businessId });
  if (!module) throw new ModuleNotFoundError();
  const id = parseId(cloudId, 0);
  // Clouds are a feature of their own that builds on this one, so only its table is asked; the lock keeps the cloud from being deleted.
  const clouds = await manager.query<unknown[]>('SELECT 1 FROM clouds WHERE id = $1 FOR KEY SHARE', [id]);
  if (id === null || clouds.length === 0) {
    throw ValidateError.of('bk_cloud_id', new Text('云区域不存在', 'The cloud does not exist'));
  }
  return { module, cloudId: id };
}

async function insertMembers(
  manager: EntityManager,
  module: CmdbModule,
  cloudId: number,
  addresses: readonly string[],
): Promise<number> {
  const rows = await manager.query<unknown[]>(
    `INSERT INTO cmdb_members (module_id, cloud_id, address, business_id)
     SELECT $1, $2, address, $3 FROM unnest($4::inet[]) AS machine (address)
     ON CONFLICT DO NOTHING RETURNING 1`,
    [module.id, cloudId, module.businessId, addresses],
  );
  return rows.length;
}

function canonical(addresses: readonly string[]): string[] {
  const complaints: Text[] = [];
  const parsed = new Set<string>();
  for (const text of addresses) {
    const address = parseAddress(text);
    if (address) parsed.add(address);
    else complaints.push(new Text(`${text}：请输入一个有效的IPv4或IPv6地址。`, `${text}: not an IPv4 or IPv6 address`));
  }
  if (complaints.length > 0) throw new ValidateError({ hosts: complaints.slice(0, 100) });
  return [...parsed];
}
