import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { Business } from '../business.entity.js';
import type {
  Application,
  CmdbProvider,
  Machine,
  Membership,
  SqlCondition,
  TopologyModule,
  TopologySet,
} from '../cmdb-provider.js';
import { NoPlaceForMachineError } from '../cmdb.errors.js';
import { CmdbMember } from '../cmdb-member.entity.js';
import { CmdbModule } from '../cmdb-module.entity.js';
import { CmdbSet } from '../cmdb-set.entity.js';

/** The CMDB in our own tables. */
@Injectable()
export class EmbeddedCmdbProvider implements CmdbProvider {
  constructor(private readonly dataSource: DataSource) {}

  async businessExists(businessId: number): Promise<boolean> {
    return this.dataSource.manager.existsBy(Business, { id: businessId });
  }

  async applications(businessIds: readonly number[] | 'all'): Promise<Application[]> {
    const where = businessIds === 'all' ? {} : { id: In(businessIds) };
    return this.dataSource.manager.find(Business, { where, order: { id: 'ASC' } });
  }

  async topology(businessId: number, withHosts: boolean): Promise<TopologySet[]> {
    const { manager } = this.dataSource;
    const sets = await manager.find(CmdbSet, { where: { businessId }, order: { isIdlePool: 'DESC', id: 'ASC' } });
    const modules = await manager.find(CmdbModule, { where: { businessId }, order: { id: 'ASC' } });
    const addresses = withHosts ? await this.addressesByModule(businessId) : new Map<number, string[]>();
    const bySet = new Map<number, TopologyModule[]>(sets.map(({ id }) => [id, []]));
    for (const { id, setId, name } of modules) bySet.get(setId)?.push({ id, name, addresses: addresses.get(id) ?? [] });
    return sets.map(({ id, name }) => ({ id, name, modules: bySet.get(id)! }));
  }

  async register(manager: EntityManager, { businessId, cloudId, address }: Machine): Promise<void> {
    // Waits for an edit of the topology that is under way, which could take the machine's last module away unseen.
    await manager.query('SELECT 1 FROM businesses WHERE id = $1 FOR SHARE', [businessId]);
    await manager.query(
      `INSERT INTO cmdb_members (module_id, cloud_id, address, business_id)
       SELECT id, $2, $3, business_id FROM cmdb_modules
       WHERE business_id = $1 AND is_landing AND NOT EXISTS (
         SELECT 1 FROM cmdb_members WHERE business_id = $1 AND cloud_id = $2 AND address = $3)
       ON CONFLICT DO NOTHING`,
      [businessId, cloudId, address],
    );
    if (!(await manager.existsBy(CmdbMember, { businessId, cloudId, address }))) throw new NoPlaceForMachineError();
  }

  async unregister(manager: EntityManager, { businessId, cloudId, address }: Machine): Promise<void> {
    await manager.delete(CmdbMember, { businessId, cloudId, address });
  }

  async forgetCloud(manager: EntityManager, cloudId: number): Promise<void> {
    await manager.delete(CmdbMember, { cloudId });
  }

  memberCondition(alias: string, { setId, moduleId }: Membership): SqlCondition {
    const host = `"${alias}"`;
    const conditions = [
      `cmdb_member.business_id = ${host}.business_id`,
      `cmdb_member.cloud_id = ${host}.cloud_id`,
      `cmdb_member.address = ${host}.inner_ip`,
    ];
    const parameters: Record<string, number> = {};
    if (moduleId !== undefined) {
      conditions.push('cmdb_member.module_id = :cmdbModuleId');
      parameters['cmdbModuleId'] = moduleId;
    }
    if (setId !== undefined) {
      conditions.push('cmdb_member.module_id IN (SELECT id FROM cmdb_modules WHERE set_id = :cmdbSetId)');
      parameters['cmdbSetId'] = setId;
    }
    return { sql: `EXISTS (SELECT 1 FROM cmdb_members cmdb_member WHERE ${conditions.join(' AND ')})`, parameters };
  }

  /** An address that is in two clouds is listed once: the document has no place for the cloud. */
  private async addressesByModule(businessId: number): Promise<Map<number, string[]>> {
    const rows = await this.dataSource.query<{ module_id: number; addresses: string[] }[]>(
      `SELECT module_id, array_agg(host(address) ORDER BY address) AS addresses
       FROM (SELECT DISTINCT module_id, address FROM cmdb_members WHERE business_id = $1) AS members
       GROUP BY module_id`,
      [businessId],
    );
    return new Map(rows.map(({ module_id, addresses }) => [module_id, addresses]));
  }
}
