import { SetMetadata } from '@nestjs/common';
import type { BusinessRole } from './user-role.entity.js';

/** Metadata key of the role that a route needs in the business of its path. */
export const NEEDED_ROLE = 'auth:needed-role';
/** Metadata key of routes that only administrators may call. */
export const IS_ADMIN_ONLY = 'auth:admin-only';

/**
 * States the role that a route with `:bk_biz_id` needs in that business. Without it GET and HEAD need `viewer`,
 * every other method `operator`; a POST that changes nothing says `@Access('viewer')`.
 */
export const Access = (role: BusinessRole): ClassDecorator & MethodDecorator => SetMetadata(NEEDED_ROLE, role);

/** Only administrators may call the route; on a route with `:bk_biz_id` the business has to exist as well. */
export const AdminOnly = (): ClassDecorator & MethodDecorator => SetMetadata(IS_ADMIN_ONLY, true);
