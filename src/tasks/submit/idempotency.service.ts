import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { SecretBox } from '../../common/crypto/secret-box.js';
import { FormValidateError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import { canonicalJson } from './canonical-json.js';

/** How long a key answers with the job that it made, as Postgres writes it. */
const KEPT_FOR = '24 hours';
const MAX_KEY_LENGTH = 255;

class IdempotencyKeyReusedError extends FormValidateError {
  constructor() {
    super(
      new Text(
        '该 Idempotency-Key 已用于另一个请求，请使用新的值',
        'This Idempotency-Key was used for another request; take a new one',
      ),
    );
  }
}

class IdempotencyKeyMalformedError extends FormValidateError {
  constructor() {
    super(
      new Text(
        `Idempotency-Key 应为 1 到 ${MAX_KEY_LENGTH} 个可见的 ASCII 字符`,
        `An Idempotency-Key has 1 to ${MAX_KEY_LENGTH} visible ASCII characters`,
      ),
    );
  }
}

/** A caller's word that requests with the same key are one request. */
export interface IdempotencyClaim {
  userId: number;
  key: string;
  bodyHash: string;
}

/** Makes a repeated POST answer the job of the first. */
@Injectable()
export class IdempotencyService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly box: SecretBox,
  ) {}

  /**
   * Bodies hold passwords, so only their keyed hash is kept.
   * @throws IdempotencyKeyMalformedError
   */
  claim(key: string, userId: number, businessId: number, body: unknown): IdempotencyClaim {
    if (key.length > MAX_KEY_LENGTH || !/^[\x20-\x7e]+$/.test(key)) throw new IdempotencyKeyMalformedError();
    return { userId, key, bodyHash: this.box.fingerprint(`task:${businessId}:${canonicalJson(body)}`) };
  }

  /**
   * The job that this request made before; null when it is the first. Until the end of the transaction nobody else gets
   * an answer for the same key: of two at once, the second waits for the job of the first.
   * @throws IdempotencyKeyReusedError when the key stands for another request
   */
  async jobMadeBefore(manager: EntityManager, { userId, key, bodyHash }: IdempotencyClaim): Promise<number | null> {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`idempotency:${userId}:${key}`]);
    const [made] = await manager.query<{ job_id: number; body_hash: string }[]>(
      `SELECT job_id, body_hash FROM idempotency_keys
       WHERE user_id = $1 AND key = $2 AND created_at > now() - interval '${KEPT_FOR}'`,
      [userId, key],
    );
    if (!made) return null;
    if (made.body_hash !== bodyHash) throw new IdempotencyKeyReusedError();
    return made.job_id;
  }

  async remember(manager: EntityManager, { userId, key, bodyHash }: IdempotencyClaim, jobId: number): Promise<void> {
    // Only a key that is too old can be in the way, since the lock of jobMadeBefore is held.
    await manager.query(
      `INSERT INTO idempotency_keys (user_id, key, body_hash, job_id) VALUES ($1, $2, $3, $4)
       ON CONFLICT (user_id, key) DO UPDATE
       SET body_hash = excluded.body_hash, job_id = excluded.job_id, created_at = excluded.created_at`,
      [userId, key, bodyHash, jobId],
    );
  }

  /** Deletes keys that no longer count. */
  async wipeOld(): Promise<void> {
    await this.dataSource.query(`DELETE FROM idempotency_keys WHERE created_at <= now() - interval '${KEPT_FOR}'`);
  }
}
