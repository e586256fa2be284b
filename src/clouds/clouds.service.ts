import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import { CmdbService } from '../cmdb/cmdb.service.js';
import { isUniqueViolation } from '../common/db/postgres-errors.js';
import { Cloud, DIRECT_CLOUD_ID } from './cloud.entity.js';
import {
  CloudNameTakenError,
  CloudNotEmptyError,
  CloudNotFoundError,
  DirectCloudProtectedError,
} from './cloud.errors.js';
import { type CloudUsage, cloudUsages, hostsKeeping, purgeRemovedHosts } from './cloud-usage.query.js';

/** Hosts that a refusal to delete a cloud names. */
const NAMED_HOSTS = 5;

/** Network areas. They are shared: what differs between businesses is what each has in them. */
@Injectable()
export class CloudsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cmdb: CmdbService,
  ) {}

  async find(id: number): Promise<Cloud | null> {
    return this.dataSource.manager.findOneBy(Cloud, { id });
  }

  /** @throws CloudNotFoundError */
  async get(id: number): Promise<Cloud> {
    const cloud = await this.find(id);
    if (!cloud) throw new CloudNotFoundError();
    return cloud;
  }

  /** Names by id; ids of no cloud are missing. */
  async namesOf(ids: readonly number[]): Promise<Map<number, string>> {
    if (ids.length === 0) return new Map();
    const clouds = await this.dataSource.manager.findBy(Cloud, { id: In(ids) });
    return new Map(clouds.map(({ id, name }) => [id, name]));
  }

  /** All clouds but cloud 0, ordered by id, with what the business has in each. */
  async list(businessId: number): Promise<CloudUsage[]> {
    return cloudUsages(this.dataSource.manager, businessId);
  }

  /** One cloud, cloud 0 too, with what the business has in it. @throws CloudNotFoundError */
  async describe(businessId: number, id: number): Promise<CloudUsage> {
    const [usage] = await cloudUsages(this.dataSource.manager, businessId, id);
    if (!usage) throw new CloudNotFoundError();
    return usage;
  }

  /** @throws CloudNameTakenError */
  async create(name: string, creator: string): Promise<Cloud> {
    const { manager } = this.dataSource;
    return refuseTakenName(() => manager.save(manager.create(Cloud, { name, creator })));
  }

  /** @throws CloudNotFoundError @throws CloudNameTakenError @throws DirectCloudProtectedError */
  async rename(id: number, name: string): Promise<void> {
    if (id === DIRECT_CLOUD_ID) throw new DirectCloudProtectedError();
    const { affected } = await refuseTakenName(() => this.dataSource.manager.update(Cloud, { id }, { name }));
    if (affected === 0) throw new CloudNotFoundError();
  }

  /**
   * Deletes a cloud without hosts, and with it what is kept of hosts that were removed from it.
   * @throws CloudNotFoundError
   * @throws DirectCloudProtectedError
   * @throws CloudNotEmptyError naming some hosts of the businesses that the caller may see
   */
  async delete(id: number, caller: Caller): Promise<void> {
    if (id === DIRECT_CLOUD_ID) throw new DirectCloudProtectedError();
    await this.dataSource.transaction((manager) => this.deleteIfEmpty(manager, id, caller));
  }

  private async deleteIfEmpty(manager: EntityManager, id: number, caller: Caller): Promise<void> {
    // Locked first, so that no host can come in between the look and the deletion.
    const cloud = await manager.findOne(Cloud, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!cloud) throw new CloudNotFoundError();
    const { any, addresses } = await hostsKeeping(manager, id, caller.visibleBusinessIds(), NAMED_HOSTS);
    if (any) throw new CloudNotEmptyError(addresses);
    await purgeRemovedHosts(manager, id);
    await this.cmdb.forgetCloud(manager, id);
    await manager.delete(Cloud, { id });
  }
}

async function refuseTakenName<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUniqueViolation(error, 'uq_clouds_name')) throw error;
    throw new CloudNameTakenError();
  }
}
