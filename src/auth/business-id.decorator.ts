import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { AuthenticatedRequest } from './authenticated-request.js';

const documentPathParameter: ParameterDecorator = (target, key) => {
  if (key === undefined) return;
  const descriptor = Object.getOwnPropertyDescriptor(target, key);
  if (!descriptor) return;
  ApiParam({
    name: 'bk_biz_id',
    schema: { type: 'string', pattern: '^[1-9][0-9]*$', example: '1' },
    description: 'Id of the business; everything else in the request is looked up inside it',
  })(target, key, descriptor);
};

/**
 * The business of the path (`:bk_biz_id`) as a number. The guard has made sure that it exists and that the caller may do
 * in it what the route needs. Documents the path parameter too.
 */
export const BusinessId = createParamDecorator(
  (_data: unknown, context: ExecutionContext): number => {
    const { businessId } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (businessId === undefined) throw new Error('@BusinessId() on a route without :bk_biz_id');
    return businessId;
  },
  [documentPathParameter],
);
