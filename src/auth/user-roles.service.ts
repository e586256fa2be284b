import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { isForeignKeyViolation } from '../common/db/postgres-errors.js';
import { DuplicateRoleError, RoleBusinessNotFoundError } from './auth.errors.js';
import { type BusinessRole, UserRole } from './user-role.entity.js';

/** What one user may do, by business id. */
export type Roles = ReadonlyMap<number, BusinessRole>;

/** Who may do what in which business. */
@Injectable()
export class UserRolesService {
  constructor(private readonly database: DataSource) {}

  /** The roles of each of these users; one without any has an empty map. */
  async of(userIds: readonly number[]): Promise<Map<number, Roles>> {
    const byUser = new Map(userIds.map((id) => [id, new Map<number, BusinessRole>()]));
    const roles = await this.database.manager.findBy(UserRole, { userId: In(userIds) });
    for (const { userId, businessId, role } of roles) byUser.get(userId)?.set(businessId, role);
    return byUser;
  }

  /** @throws RoleBusinessNotFoundError */
  async replace(manager: EntityManager, userId: number, roles: Roles): Promise<void> {
    await manager.delete(UserRole, { userId });
    if (roles.size === 0) return;
    try {
      await manager.insert(
        UserRole,
        [...roles].map(([businessId, role]) => ({ userId, businessId, role })),
      );
    } catch (error) {
      if (isForeignKeyViolation(error, 'fk_user_roles_business')) throw new RoleBusinessNotFoundError();
      throw error;
    }
  }
}

/**
 * Roles as a request lists them, its business ids checked before.
 * @throws DuplicateRoleError
 */
export function rolesFrom(list: readonly { bk_biz_id: string; role: BusinessRole }[]): Roles {
  const roles = new Map<number, BusinessRole>();
  for (const { bk_biz_id, role } of list) {
    const businessId = Number(bk_biz_id);
    if (roles.has(businessId)) throw new DuplicateRoleError(businessId);
    roles.set(businessId, role);
  }
  return roles;
}
