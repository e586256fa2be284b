import type { CookieOptions } from 'express';
import type { Env } from '../env/env.js';

/** Name of the cookie that holds a session's token. */
export const SESSION_COOKIE = 'nodeman_session';

/**
 * The attributes that the session cookie is set and cleared with; browsers clear only what has the same ones.
 * Lax, so that a link from elsewhere opens the page logged in while no form from elsewhere sends the cookie.
 */
export function sessionCookieOptions(env: Env, expires?: Date): CookieOptions {
  return {
    httpOnly: true,
    sameSite: 'lax',
    secure: env.publicOrigin.startsWith('https:'),
    path: '/',
    ...(expires && { maxAge: Math.max(0, expires.getTime() - Date.now()) }),
  };
}

/**
 * The value of one cookie of a `Cookie` header, null when it is not there. The first one counts: browsers send the one with
 * the most specific path first.
 * @see RFC 6265, 5.4
 */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    return pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return null;
}
