import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits that are safe in headers, URLs and shells. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What tables keep of a token. A token is random, so a plain hash is as good as a slow one. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
