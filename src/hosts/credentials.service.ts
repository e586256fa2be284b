import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { SecretBox } from '../common/crypto/secret-box.js';
import { Env } from '../env/env.js';
import { Credential } from './credential.entity.js';
import type { AuthType } from './host.enums.js';

/** What opens a host, in clear: to be held no longer than a login takes. */
export interface OpenCredential {
  kind: AuthType;
  secret: string;
}

export interface NewCredential extends OpenCredential {
  hostId: number;
}

/** Passwords and keys of hosts, sealed in their row, for `CREDENTIAL_TTL_HOURS`. */
@Injectable()
export class CredentialsService {
  constructor(
    @InjectRepository(Credential) private readonly credentials: Repository<Credential>,
    private readonly box: SecretBox,
    private readonly env: Env,
  ) {}

  /** Replaces what is stored for the host; its time begins anew. */
  async store(manager: EntityManager, hostId: number, kind: AuthType, secret: string): Promise<void> {
    await this.storeMany(manager, [{ hostId, kind, secret }]);
  }

  /** As `store`, for any number of different hosts in one statement. */
  async storeMany(manager: EntityManager, credentials: readonly NewCredential[]): Promise<void> {
    if (credentials.length === 0) return;
    const sealed = credentials.map(({ hostId, kind, secret }) => this.box.seal(secret, aadOf(hostId, kind)));
    await manager.query(
      `INSERT INTO credentials (host_id, kind, ciphertext, key_id, created_at, expires_at)
       SELECT *, now(), now() + make_interval(hours => $5)
       FROM unnest($1::int[], $2::text[], $3::bytea[], $4::text[])
       ON CONFLICT (host_id) DO UPDATE SET kind = excluded.kind, ciphertext = excluded.ciphertext,
         key_id = excluded.key_id, created_at = excluded.created_at, expires_at = excluded.expires_at`,
      [
        credentials.map(({ hostId }) => hostId),
        credentials.map(({ kind }) => kind),
        sealed.map(({ ciphertext }) => ciphertext),
        sealed.map(({ keyId }) => keyId),
        this.env.credentialTtlHours,
      ],
    );
  }

  /**
   * For the worker, at the moment of use. Null when nothing is stored, or no longer.
   * @throws SealBrokenError when it was sealed under another SECRET_KEY, or changed
   */
  async open(hostId: number): Promise<OpenCredential | null> {
    const row = await this.credentials
      .createQueryBuilder('credential')
      .where('credential.host_id = :hostId AND credential.expires_at > now()', { hostId })
      .getOne();
    if (!row) return null;
    return { kind: row.kind, secret: this.box.open(row.ciphertext, row.keyId, aadOf(hostId, row.kind)) };
  }

  /** Which of these hosts have something stored, and until when; by host id. */
  async describe(hostIds: readonly number[]): Promise<Map<number, { kind: AuthType; expiresAt: Date }>> {
    const rows = await this.credentials
      .createQueryBuilder('credential')
      .select(['credential.hostId', 'credential.kind', 'credential.expiresAt'])
      .where('credential.host_id = ANY(:hostIds) AND credential.expires_at > now()', { hostIds: [...hostIds] })
      .getMany();
    return new Map(rows.map(({ hostId, kind, expiresAt }) => [hostId, { kind, expiresAt }]));
  }

  /** Wipes what is stored for the host. */
  async remove(manager: EntityManager, hostId: number): Promise<void> {
    await manager.delete(Credential, { hostId });
  }

  /** Deletes what has expired, at most `limit`; returns how many. */
  async wipeExpired(limit = 1_000): Promise<number> {
    const [, wiped] = await this.credentials.query<[unknown[], number]>(
      `DELETE FROM credentials WHERE host_id IN (
         SELECT host_id FROM credentials WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
    return wiped;
  }
}

/** Binds a secret to its row and field: moved to another, it does not open. */
function aadOf(hostId: number, kind: AuthType): string {
  return `credentials:${hostId}:${kind}`;
}
