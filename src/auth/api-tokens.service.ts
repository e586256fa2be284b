import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashToken, newToken } from '../common/crypto/tokens.js';
import { ApiToken } from './api-token.entity.js';
import { ApiTokenNotFoundError, EverlastingTokenError, TooManyTokensError } from './auth.errors.js';
import type { Caller } from './caller.js';

/** By which people and secret scanners know our tokens. */
const TOKEN_PREFIX = 'nm_';
const MAX_TOKENS_PER_USER = 100;

/** The callers' own API tokens. */
@Injectable()
export class ApiTokensService {
  private readonly logger = new Logger(ApiTokensService.name);

  constructor(private readonly database: DataSource) {}

  /**
   * @param expiresInDays null: never
   * @returns the token itself too; nobody can ever read it again
   * @throws EverlastingTokenError, TooManyTokensError
   */
  async create(
    caller: Caller,
    name: string,
    expiresInDays: number | null,
  ): Promise<{ entity: ApiToken; token: string }> {
    if (expiresInDays === null && !caller.isAdmin) throw new EverlastingTokenError();
    const token = `${TOKEN_PREFIX}${newToken()}`;
    // The count is in the statement, so a burst may overshoot by a few and no lock is needed: it only bounds the list.
    const [row] = await this.database.query<{ id: number }[]>(
      `INSERT INTO api_tokens (user_id, name, token_hash, expires_at)
       SELECT $1, $2, $3, now() + make_interval(days => $4)
       WHERE (SELECT count(*) FROM api_tokens WHERE user_id = $1) < $5 RETURNING id`,
      [caller.id, name, hashToken(token), expiresInDays, MAX_TOKENS_PER_USER],
    );
    if (!row) throw new TooManyTokensError(MAX_TOKENS_PER_USER);
    this.logger.log(`user ${caller.username} made token ${row.id}`);
    return { entity: await this.database.manager.findOneByOrFail(ApiToken, { id: row.id }), token };
  }

  /** Newest first, expired ones too; at most about a hundred. */
  list(caller: Caller): Promise<ApiToken[]> {
    return this.database.manager.find(ApiToken, { where: { userId: caller.id }, order: { id: 'DESC' } });
  }

  /** @throws ApiTokenNotFoundError also for the token of somebody else */
  async delete(caller: Caller, tokenId: number): Promise<void> {
    const { affected } = await this.database.manager.delete(ApiToken, { id: tokenId, userId: caller.id });
    if (!affected) throw new ApiTokenNotFoundError();
    this.logger.log(`user ${caller.username} deleted token ${tokenId}`);
  }
}
