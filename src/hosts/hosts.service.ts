import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { CmdbService } from '../cmdb/cmdb.service.js';
import { isUniqueViolation } from '../common/db/postgres-errors.js';
import { ObjectNotExistError } from '../common/errors/app-error.js';
import { Host } from './host.entity.js';
import { HostAddressTakenError } from './host.errors.js';

/** How long a removed host can be restored, as Postgres writes it. */
export const KEPT_AFTER_REMOVAL = '24 hours';
/** The same in milliseconds. */
export const KEPT_AFTER_REMOVAL_MS = 24 * 3_600_000;

/** The hosts that are managed, and those that were until yesterday. */
@Injectable()
export class HostsService {
  constructor(
    @InjectRepository(Host) private readonly hosts: Repository<Host>,
    private readonly cmdb: CmdbService,
  ) {}

  /** A live host, whatever its business. */
  find(hostId: number): Promise<Host | null> {
    return this.hosts.findOneBy({ id: hostId, removedAt: IsNull() });
  }

  /** @throws ObjectNotExistError when the business has no such live host */
  async get(businessId: number, hostId: number): Promise<Host> {
    const host = await this.hosts.findOneBy({ id: hostId, businessId, removedAt: IsNull() });
    if (!host) throw new ObjectNotExistError();
    return host;
  }

  /**
   * Brings a removed host back, into the CMDB too; but for a candidate, which was never there.
   * @throws ObjectNotExistError when the business has removed no such host, or too long ago
   * @throws HostAddressTakenError when its address has been given to another host meanwhile
   */
  async restore(businessId: number, hostId: number): Promise<void> {
    const removed = await this.hosts.findOneBy({ id: hostId, businessId });
    if (!removed) throw new ObjectNotExistError();
    try {
      await this.hosts.manager.transaction(async (manager) => {
        const result = await manager
          .createQueryBuilder()
          .update(Host)
          .set({ removedAt: null, updatedAt: () => 'now()' })
          .where(`id = :hostId AND removed_at > now() - interval '${KEPT_AFTER_REMOVAL}'`, { hostId })
          .execute();
        if (result.affected !== 1) throw new ObjectNotExistError();
        const { cloudId, innerIp: address } = removed;
        if (!removed.isCandidate) await this.cmdb.register(manager, { businessId, cloudId, address });
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'uq_hosts_cloud_id_inner_ip')) throw error;
      throw new HostAddressTakenError(removed.innerIp);
    }
  }

  /** Forgets hosts that were removed too long ago to be restored, at most `limit`; returns how many. */
  async purgeRemoved(limit: number): Promise<number> {
    const [, purged] = await this.hosts.query<[unknown[], number]>(
      `DELETE FROM hosts WHERE id IN (
         SELECT id FROM hosts WHERE removed_at < now() - interval '${KEPT_AFTER_REMOVAL}'
         ORDER BY removed_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
    return purged;
  }
}
