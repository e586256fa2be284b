import { ObjectNotExistError, PermissionDeniedError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import type { Caller } from './caller.js';
import type { BusinessRole } from './user-role.entity.js';

/** What a route asks of its caller. */
export interface RouteNeeds {
  readonly isAdminOnly: boolean;
  /** The role needed in the business of the path, where the path has one. */
  readonly role: BusinessRole;
}

/** `:bk_biz_id` of a path, read as a number, and whether there is such a business. */
export interface PathBusiness {
  /** Null: no positive 32-bit integer. */
  readonly id: number | null;
  readonly exists: boolean;
}

/** Says "there is no such business"; only administrators are told so, others may not even know which ones exist. */
export class BusinessNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('业务不存在', 'The business does not exist'));
  }
}

/** The role that a route needs when it does not say so itself. */
export function defaultRole(method: string): BusinessRole {
  return method === 'GET' || method === 'HEAD' ? 'viewer' : 'operator';
}

/**
 * Lets the caller through to a route.
 * @param business null on routes without `:bk_biz_id`
 * @throws PermissionDeniedError also for a business that does not exist, unless the caller is an administrator
 * @throws BusinessNotFoundError
 */
export function checkAccess(caller: Caller, needs: RouteNeeds, business: PathBusiness | null): void {
  if (needs.isAdminOnly && !caller.isAdmin) throw new PermissionDeniedError();
  if (!business) return;
  if (caller.isAdmin) {
    if (business.id === null || !business.exists) throw new BusinessNotFoundError();
    return;
  }
  if (business.id === null || !caller.may(needs.role, business.id)) throw new PermissionDeniedError();
}
