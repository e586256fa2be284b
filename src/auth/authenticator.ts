import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashToken } from '../common/crypto/tokens.js';
import { Caller } from './caller.js';
import type { BusinessRole } from './user-role.entity.js';

/** Who is behind a token, and whether the business that the request names exists. */
export interface Identity {
  readonly caller: Caller;
  readonly businessExists: boolean;
}

interface IdentityRow {
  credential_id: number;
  expires_at: Date | null;
  is_stale?: boolean;
  user_id: number;
  username: string;
  is_admin: boolean;
  roles: Record<string, BusinessRole>;
  business_exists: boolean;
}

const USER_COLUMNS = `
  u.id AS user_id, u.username, u.is_admin,
  (SELECT coalesce(jsonb_object_agg(r.business_id, r.role), '{}') FROM user_roles r WHERE r.user_id = u.id) AS roles,
  EXISTS (SELECT 1 FROM businesses b WHERE b.id = $2) AS business_exists`;

const BY_SESSION = `
  SELECT s.id AS credential_id, s.expires_at, ${USER_COLUMNS}
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.token_hash = $1 AND s.expires_at > now() AND NOT u.is_locked`;

const BY_API_TOKEN = `
  SELECT t.id AS credential_id, t.expires_at, ${USER_COLUMNS},
    t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS is_stale
  FROM api_tokens t JOIN users u ON u.id = t.user_id
  WHERE t.token_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > now()) AND NOT u.is_locked`;

/** Finds who is behind a token. Nothing is remembered between requests, so that a revocation counts from the next one. */
@Injectable()
export class Authenticator {
  constructor(private readonly database: DataSource) {}

  /** @param businessId a business of which to tell whether it exists; null: none */
  async bySession(token: string, businessId: number | null): Promise<Identity | null> {
    const [row] = await this.look(BY_SESSION, token, businessId);
    return row ? identityOf(row, row.credential_id) : null;
  }

  /** @param businessId a business of which to tell whether it exists; null: none */
  async byApiToken(token: string, businessId: number | null): Promise<Identity | null> {
    const [row] = await this.look(BY_API_TOKEN, token, businessId);
    if (!row) return null;
    if (row.is_stale) await this.touch(row.credential_id);
    return identityOf(row, null);
  }

  private look(query: string, token: string, businessId: number | null): Promise<IdentityRow[]> {
    return this.database.query<IdentityRow[]>(query, [hashToken(token), businessId]);
  }

  /** Of many requests at once with a stale token one writes; the others find that it is not stale any more. */
  private async touch(tokenId: number): Promise<void> {
    await this.database.query(
      `UPDATE api_tokens SET last_used_at = now()
       WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
      [tokenId],
    );
  }
}

function identityOf(row: IdentityRow, sessionId: number | null): Identity {
  const roles = new Map(Object.entries(row.roles).map(([businessId, role]) => [Number(businessId), role]));
  const credential = { sessionId, expiresAt: row.expires_at };
  return {
    caller: new Caller(row.user_id, row.username, row.is_admin, roles, credential),
    businessExists: row.business_exists,
  };
}
