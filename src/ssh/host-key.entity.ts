import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** The SSH key that a machine showed first, and must show ever after. */
@Entity('host_keys')
@Index('uq_host_keys_cloud_id_address_port', ['cloudId', 'address', 'port'], { unique: true })
export class HostKey {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_host_keys' })
  id!: number;

  @Column({ name: 'cloud_id', type: 'integer' })
  cloudId!: number;

  @Column({ name: 'address', type: 'inet' })
  address!: string;

  @Column({ name: 'port', type: 'integer' })
  port!: number;

  /** For example `ssh-ed25519`. */
  @Column({ name: 'key_type', type: 'text' })
  keyType!: string;

  /** The key in base64, as in known_hosts. */
  @Column({ name: 'public_key', type: 'text' })
  publicKey!: string;

  /** `SHA256:…`, as OpenSSH prints it. */
  @Column({ name: 'fingerprint', type: 'text' })
  fingerprint!: string;

  @Column({ name: 'first_seen_at', type: 'timestamptz', default: () => 'now()' })
  firstSeenAt!: Date;

  @Column({ name: 'first_run_id', type: 'integer', nullable: true })
  firstRunId!: number | null;
}
