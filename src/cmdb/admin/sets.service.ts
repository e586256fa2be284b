import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isUniqueViolation } from '../../common/db/postgres-errors.js';
import { IdlePoolProtectedError, NameTakenError, SetNotFoundError } from '../cmdb.errors.js';
import { CmdbSet } from '../cmdb-set.entity.js';
import { lockTopology, returnHomeless } from './membership.js';

/** Makes, renames and deletes sets of the embedded CMDB. */
@Injectable()
export class SetsService {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws NameTakenError */
  async create(businessId: number, name: string): Promise<CmdbSet> {
    const { manager } = this.dataSource;
    return refuseTakenName(() => manager.save(manager.create(CmdbSet, { businessId, name })));
  }

  /** @throws SetNotFoundError @throws IdlePoolProtectedError @throws NameTakenError */
  async rename(businessId: number, id: number, name: string): Promise<CmdbSet> {
    const { manager } = this.dataSource;
    const set = await editableSet(manager, businessId, id);
    await refuseTakenName(() => manager.update(CmdbSet, { id }, { name }));
    return { ...set, name };
  }

  /** Deletes the set with its modules; machines that are in no other go back to 空闲机. @throws SetNotFoundError @throws IdlePoolProtectedError */
  async delete(businessId: number, id: number): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await lockTopology(manager, businessId);
      await editableSet(manager, businessId, id);
      await returnHomeless(manager, businessId, await removeMembers(manager, id));
      await manager.delete(CmdbSet, { id });
    });
  }
}

async function editableSet(manager: EntityManager, businessId: number, id: number): Promise<CmdbSet> {
  const set = await manager.findOneBy(CmdbSet, { id, businessId });
  if (!set) throw new SetNotFoundError();
  if (set.isIdlePool) throw new IdlePoolProtectedError();
  return set;
}

function removeMembers(manager: EntityManager, setId: number): Promise<{ cloud_id: number; address: string }[]> {
  return manager.query(
    `WITH gone AS (
       DELETE FROM cmdb_members WHERE module_id IN (SELECT id FROM cmdb_modules WHERE set_id = $1)
       RETURNING cloud_id, address)
     SELECT DISTINCT cloud_id, host(address) AS address FROM gone`,
    [setId],
  );
}

async function refuseTakenName<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUniqueViolation(error, 'uq_cmdb_sets_business_id_name')) throw error;
    throw new NameTakenError('SetName');
  }
}
