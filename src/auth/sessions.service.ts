import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { hashToken, newToken } from '../common/crypto/tokens.js';
import { Env } from '../env/env.js';
import type { Caller } from './caller.js';
import { Session } from './session.entity.js';

/** A session at the only moment when its token is known. */
export interface NewSession {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Logins in browsers. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: DataSource,
    private readonly env: Env,
  ) {}

  async open(manager: EntityManager, userId: number): Promise<NewSession> {
    const token = newToken();
    const [row] = await manager.query<{ expires_at: Date }[]>(
      `INSERT INTO sessions (user_id, token_hash, expires_at)
       VALUES ($1, $2, now() + make_interval(hours => $3)) RETURNING expires_at`,
      [userId, hashToken(token), this.env.sessionTtlHours],
    );
    return { token, expiresAt: row!.expires_at };
  }

  /** Deletes what has expired, of all users. Logins are rare, so each of them may sweep; nothing needs a timer for it. */
  async sweep(): Promise<void> {
    await this.database.query('DELETE FROM sessions WHERE expires_at <= now()');
  }

  /** Ends the session by which somebody came; nothing when it was an API token. */
  async endOf({ credential }: Caller): Promise<void> {
    if (credential.sessionId === null) return;
    await this.database.manager.delete(Session, { id: credential.sessionId });
  }

  async endAllOf(manager: EntityManager, userId: number): Promise<void> {
    await manager.delete(Session, { userId });
  }
}
