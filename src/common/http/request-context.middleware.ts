import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Locale, negotiateLocale } from '../i18n/text.js';
import { RequestContext } from '../logging/request-context.js';

/** What we accept as a request id from outside: it is copied into logs and a header. */
const ACCEPTABLE_ID = /^[\w.:-]{1,128}$/;

/** Gives each request its id (the caller's own when that is harmless) and its language. */
export function requestContext(defaultLocale: Locale): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const offered = request.get('x-request-id');
    const requestId = offered && ACCEPTABLE_ID.test(offered) ? offered : randomUUID();
    response.setHeader('x-request-id', requestId);
    RequestContext.run({ requestId, locale: negotiateLocale(request.get('accept-language'), defaultLocale) }, next);
  };
}
