import { SetMetadata, applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

/** Metadata key under which the guard finds that a route needs no login. */
export const IS_PUBLIC = 'auth:public';

/** Opens a route, or all routes of a controller, to callers without a login: the only exception to "deny by default". */
export function Public(): ClassDecorator & MethodDecorator {
  return applyDecorators(SetMetadata(IS_PUBLIC, true), ApiSecurity({}));
}
