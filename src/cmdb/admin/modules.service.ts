import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isForeignKeyViolation, isUniqueViolation } from '../../common/db/postgres-errors.js';
import { ValidateError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import { parseId } from '../../common/validation/ids.js';
import { IdlePoolProtectedError, ModuleNotFoundError, NameTakenError } from '../cmdb.errors.js';
import { CmdbModule } from '../cmdb-module.entity.js';
import { CmdbSet } from '../cmdb-set.entity.js';
import { lockTopology, type MemberRow, returnHomeless } from './membership.js';

/** Makes, renames and deletes modules of the embedded CMDB. */
@Injectable()
export class ModulesService {
  constructor(private readonly dataSource: DataSource) {}

  /** @param setId as the client wrote it @throws ValidateError when there is no such set, or it is the idle pool @throws NameTakenError */
  async create(businessId: number, setId: string, name: string): Promise<CmdbModule> {
    const { manager } = this.dataSource;
    const id = parseId(setId);
    const set = id && (await manager.findOneBy(CmdbSet, { id, businessId }));
    if (!set) throw ValidateError.of('SetID', new Text('大区不存在', 'The set does not exist'));
    if (set.isIdlePool) {
      throw ValidateError.of('SetID', new Text('空闲机池不能添加模块', 'The idle pool takes no further modules'));
    }
    return refuseTakenName(() => manager.save(manager.create(CmdbModule, { businessId, setId: set.id, name })));
  }

  /** @throws ModuleNotFoundError @throws IdlePoolProtectedError @throws NameTakenError */
  async rename(businessId: number, id: number, name: string): Promise<CmdbModule> {
    const { manager } = this.dataSource;
    const module = await editableModule(manager, businessId, id);
    await refuseTakenName(() => manager.update(CmdbModule, { id }, { name }));
    return { ...module, name };
  }

  /** Deletes the module; machines that are in no other go back to 空闲机. @throws ModuleNotFoundError @throws IdlePoolProtectedError */
  async delete(businessId: number, id: number): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await lockTopology(manager, businessId);
      await editableModule(manager, businessId, id);
      const members = await manager.query<MemberRow[]>(
        `WITH gone AS (DELETE FROM cmdb_members WHERE module_id = $1 RETURNING cloud_id, address)
         SELECT cloud_id, host(address) AS address FROM gone`,
        [id],
      );
      await returnHomeless(manager, businessId, members);
      await manager.delete(CmdbModule, { id });
    });
  }
}

async function editableModule(manager: EntityManager, businessId: number, id: number): Promise<CmdbModule> {
  const module = await manager.findOneBy(CmdbModule, { id, businessId });
  if (!module) throw new ModuleNotFoundError();
  if (await manager.existsBy(CmdbSet, { id: module.setId, isIdlePool: true })) throw new IdlePoolProtectedError();
  return module;
}

async function refuseTakenName<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error, 'uq_cmdb_modules_set_id_name')) throw new NameTakenError('ModuleName');
    // The set went away between the look and the insert.
    if (isForeignKeyViolation(error, 'fk_cmdb_modules_set')) throw new ModuleNotFoundError();
    throw error;
  }
}
