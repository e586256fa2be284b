import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { UnauthorizedError } from '../common/errors/app-error.js';
import { RequestContext } from '../common/logging/request-context.js';
import { parseId } from '../common/validation/ids.js';
import { IS_ADMIN_ONLY, NEEDED_ROLE } from './access.decorator.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { Authenticator, type Identity } from './authenticator.js';
import { OriginCheck } from './origin-check.js';
import { IS_PUBLIC } from './public.decorator.js';
import { checkAccess, defaultRole, type RouteNeeds } from './route-access.js';
import { readCookie, SESSION_COOKIE } from './session-cookie.js';
import type { BusinessRole } from './user-role.entity.js';

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Stands before every route: says who calls, and whether they may. Only `@Public()` opens a route to strangers. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly origins: OriginCheck,
  ) {}

  /** @throws UnauthorizedError, PermissionDeniedError, BusinessNotFoundError; it never answers false */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.metadata<boolean>(IS_PUBLIC, context)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const pathBusiness = request.params['bk_biz_id'];
    const businessId = pathBusiness === undefined ? null : parseId(pathBusiness);
    const identity = await this.identify(request, businessId);
    if (!identity) {
      context.switchToHttp().getResponse<Response>().setHeader('WWW-Authenticate', 'Bearer realm="nodeman"');
      throw new UnauthorizedError();
    }
    this.remember(request, identity);
    const business = pathBusiness === undefined ? null : { id: businessId, exists: identity.businessExists };
    checkAccess(identity.caller, this.needsOf(context, request.method), business);
    if (businessId !== null) request.businessId = businessId;
    return true;
  }

  /** A bearer token that is no good is not made up for by a cookie: the program meant to be somebody else. */
  private async identify(request: AuthenticatedRequest, businessId: number | null): Promise<Identity | null> {
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
    if (bearer) return this.authenticator.byApiToken(bearer[1]!, businessId);
    const cookie = readCookie(request.headers.cookie, SESSION_COOKIE);
    if (!cookie) return null;
    const identity = await this.authenticator.bySession(cookie, businessId);
    // Browsers add the cookie by themselves, whoever wrote the page; programs add a bearer token on purpose.
    if (identity && !READING_METHODS.has(request.method)) this.origins.refuseForeign(request);
    return identity;
  }

  private remember(request: AuthenticatedRequest, { caller }: Identity): void {
    request.caller = caller;
    const facts = RequestContext.current();
    if (facts) facts.username = caller.username;
  }

  private needsOf(context: ExecutionContext, method: string): RouteNeeds {
    return {
      isAdminOnly: this.metadata<boolean>(IS_ADMIN_ONLY, context) ?? false,
      role: this.metadata<BusinessRole>(NEEDED_ROLE, context) ?? defaultRole(method),
    };
  }

  private metadata<T>(key: string, context: ExecutionContext): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}
