import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The server's own SSH key, by which it passes through proxies. The oldest row is the one in use. */
@Entity('server_keys')
export class ServerKey {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_server_keys' })
  id!: number;

  /** `ssh-ed25519 AAAA…`, without a comment. */
  @Column({ name: 'public_key', type: 'text' })
  publicKey!: string;

  /** The private half, sealed. */
  @Column({ name: 'ciphertext', type: 'bytea' })
  ciphertext!: Buffer;

  @Column({ name: 'key_id', type: 'text' })
  keyId!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
