import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { OriginCheck } from './origin-check.js';

/** For public routes that set a cookie: a foreign page shall not log somebody in under a name of its choice. */
@Injectable()
export class SameOriginGuard implements CanActivate {
  constructor(private readonly origins: OriginCheck) {}

  canActivate(context: ExecutionContext): boolean {
    this.origins.refuseForeign(context.switchToHttp().getRequest<Request>());
    return true;
  }
}
