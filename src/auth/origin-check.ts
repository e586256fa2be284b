import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { PermissionDeniedError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { Env } from '../env/env.js';

/** The request was made by a web page of somebody else in the user's browser. */
export class ForeignOriginError extends PermissionDeniedError {
  constructor() {
    super(
      new Text(
        '请求来源不被信任，请从本系统页面访问或将来源加入 CORS_ORIGINS',
        'The request comes from a web page of another origin; add it to CORS_ORIGINS if it is yours',
      ),
    );
  }
}

/** Tells our own web pages from foreign ones, so that those cannot act with a user's cookie. */
@Injectable()
export class OriginCheck {
  private readonly trusted: ReadonlySet<string>;

  constructor(env: Env) {
    this.trusted = new Set([env.publicOrigin, ...env.corsOrigins].map(originOf).filter((origin) => origin !== null));
  }

  /**
   * A request that names no page passes: no browser sends a writing request without `Origin`, and programs send none.
   * @throws ForeignOriginError
   */
  refuseForeign(request: Pick<Request, 'headers'>): void {
    const { origin, referer, host } = request.headers;
    const page = origin ?? referer;
    if (page === undefined) return;
    const from = originOf(page);
    if (from !== null && (this.trusted.has(from) || isSameHost(from, host))) return;
    throw new ForeignOriginError();
  }
}

/** Compares hosts, not schemes: behind a proxy that ends TLS the page is https and the request that arrives is not. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && new URL(origin).host === host.toLowerCase();
}

/** Null for what is no web origin, `Origin: null` of sandboxed pages included. */
function originOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? origin : null;
}
