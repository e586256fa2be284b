import type { EntityManager } from 'typeorm';

/** Under which the configured provider is injected. */
export const CMDB_PROVIDER = Symbol('CMDB_PROVIDER');

/** A tenant as the CMDB knows it. */
export interface Application {
  id: number;
  name: string;
  companyId: string;
}

/** A module with the addresses of its machines, ascending; none when they were not asked for. */
export interface TopologyModule {
  id: number;
  name: string;
  addresses: string[];
}

/** A set with its modules, ordered by id. */
export interface TopologySet {
  id: number;
  name: string;
  modules: TopologyModule[];
}

/** A machine in a business, as the CMDB tells machines apart. */
export interface Machine {
  businessId: number;
  cloudId: number;
  address: string;
}

/** What a host list may be narrowed to. */
export interface Membership {
  setId?: number;
  moduleId?: number;
}

/** A condition for a query builder of TypeORM, with named parameters. */
export interface SqlCondition {
  sql: string;
  parameters: Record<string, number>;
}

/** Where businesses, their topology and the membership of machines come from. */
export interface CmdbProvider {
  businessExists(businessId: number): Promise<boolean>;
  /** Those of `businessIds` that exist, ordered by id. */
  applications(businessIds: readonly number[] | 'all'): Promise<Application[]>;
  /** The idle pool first, then the other sets by id. */
  topology(businessId: number, withHosts: boolean): Promise<TopologySet[]>;
  /**
   * Puts a machine that is in no module of the business into 空闲机. May be repeated.
   * @throws AppError when the CMDB refuses
   */
  register(manager: EntityManager, machine: Machine): Promise<void>;
  /** Takes a machine out of every module of the business. May be repeated. */
  unregister(manager: EntityManager, machine: Machine): Promise<void>;
  /** Forgets every machine of a cloud that is about to be deleted. */
  forgetCloud(manager: EntityManager, cloudId: number): Promise<void>;
  /** Holds for the rows of table `hosts` under `alias` whose machine is in that set or module of the host's own business. */
  memberCondition(alias: string, membership: Membership): SqlCondition;
}
