import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { AuthType } from './host.enums.js';

/** What opens a host: a password or a private key, sealed with AES-256-GCM and bound to this row and field. */
@Entity('credentials')
@Check('ck_credentials_kind', `kind IN ('PASSWORD', 'KEY')`)
@Index('ix_credentials_expires_at', ['expiresAt'])
export class Credential {
  @PrimaryColumn({ name: 'host_id', type: 'integer', primaryKeyConstraintName: 'pk_credentials' })
  hostId!: number;

  @Column({ name: 'kind', type: 'text' })
  kind!: AuthType;

  /** IV, tag and sealed text. */
  @Column({ name: 'ciphertext', type: 'bytea' })
  ciphertext!: Buffer;

  /** Which secret key sealed it. */
  @Column({ name: 'key_id', type: 'text' })
  keyId!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @ManyToOne('Host', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'host_id', foreignKeyConstraintName: 'fk_credentials_host' })
  host?: unknown;
}
