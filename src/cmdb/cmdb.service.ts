import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/caller.js';
import {
  type Application,
  CMDB_PROVIDER,
  type CmdbProvider,
  type Machine,
  type Membership,
  type SqlCondition,
  type TopologySet,
} from './cmdb-provider.js';

/** Businesses, their sets and modules, and which machine is where; whatever CMDB keeps them. */
@Injectable()
export class CmdbService {
  constructor(@Inject(CMDB_PROVIDER) private readonly provider: CmdbProvider) {}

  businessExists(businessId: number): Promise<boolean> {
    return this.provider.businessExists(businessId);
  }

  /** The businesses that the caller may see, ordered by id. */
  applicationsOf(caller: Caller): Promise<Application[]> {
    return this.provider.applications(caller.visibleBusinessIds());
  }

  /** The idle pool first, then the other sets by id; modules by id; addresses ascending. */
  topology(businessId: number, withHosts: boolean): Promise<TopologySet[]> {
    return this.provider.topology(businessId, withHosts);
  }

  /** Puts a machine that is in no module of the business into 空闲机. May be repeated. */
  register(manager: EntityManager, machine: Machine): Promise<void> {
    return this.provider.register(manager, machine);
  }

  /** Takes a machine out of every module of the business. May be repeated. */
  unregister(manager: EntityManager, machine: Machine): Promise<void> {
    return this.provider.unregister(manager, machine);
  }

  /** Forgets every machine of a cloud that is about to be deleted. */
  forgetCloud(manager: EntityManager, cloudId: number): Promise<void> {
    return this.provider.forgetCloud(manager, cloudId);
  }

  /**
   * A condition for a query builder over table `hosts`: the machine is in that set and that module of the host's own business.
   * @param alias the builder's alias of `hosts`
   */
  memberCondition(alias: string, membership: Membership): SqlCondition {
    return this.provider.memberCondition(alias, membership);
  }
}
