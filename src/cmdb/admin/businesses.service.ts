import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isForeignKeyViolation, isUniqueViolation } from '../../common/db/postgres-errors.js';
import { Business } from '../business.entity.js';
import {
  BusinessInUseError,
  BusinessNotFoundError,
  NameTakenError,
  ResourcePoolProtectedError,
} from '../cmdb.errors.js';
import { CmdbModule } from '../cmdb-module.entity.js';
import { CmdbSet } from '../cmdb-set.entity.js';

/** The business that every installation has from the start. */
const RESOURCE_POOL_ID = 1;

/** Makes, renames and deletes businesses of the embedded CMDB. */
@Injectable()
export class BusinessesService {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes a business with its idle pool, where its hosts will land. @throws NameTakenError */
  async create(name: string): Promise<Business> {
    return refuseTakenName(() =>
      this.dataSource.transaction(async (manager) => {
        const { id } = await manager.save(manager.create(Business, { name }));
        await makeIdlePool(manager, id);
        return manager.findOneByOrFail(Business, { id });
      }),
    );
  }

  /** @throws BusinessNotFoundError @throws NameTakenError */
  async rename(id: number, name: string): Promise<Business> {
    return refuseTakenName(async () => {
      await this.dataSource.manager.update(Business, { id }, { name });
      const business = await this.dataSource.manager.findOneBy(Business, { id });
      if (!business) throw new BusinessNotFoundError();
      return business;
    });
  }

  /** @throws BusinessNotFoundError @throws BusinessInUseError while it has hosts or jobs */
  async delete(id: number): Promise<void> {
    if (id === RESOURCE_POOL_ID) throw new ResourcePoolProtectedError();
    try {
      const { affected } = await this.dataSource.manager.delete(Business, { id });
      if (affected === 0) throw new BusinessNotFoundError();
    } catch (error) {
      if (isForeignKeyViolation(error, 'fk_hosts_business')) throw new BusinessInUseError('hosts');
      if (isForeignKeyViolation(error, 'fk_jobs_business')) throw new BusinessInUseError('jobs');
      throw error;
    }
  }
}

async function makeIdlePool(manager: EntityManager, businessId: number): Promise<void> {
  const pool = await manager.save(manager.create(CmdbSet, { businessId, name: '空闲机池', isIdlePool: true }));
  await manager.save(manager.create(CmdbModule, { businessId, setId: pool.id, name: '空闲机', isLanding: true }));
  await manager.save(manager.create(CmdbModule, { businessId, setId: pool.id, name: '故障机', isLanding: false }));
}

async function refuseTakenName<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUniqueViolation(error, 'uq_businesses_name')) throw error;
    throw new NameTakenError('ApplicationName');
  }
}
