import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

export const SSH_STATUSES = ['UNKNOWN', 'UP', 'DOWN'] as const;
export type SshStatus = (typeof SSH_STATUSES)[number];

/** The door that a PROXY host is: it exists from the moment that the host accepts the server's key, until UNINSTALL. */
@Entity('proxies')
@Check('ck_proxies_ssh_status', `ssh_status IN ('UNKNOWN', 'UP', 'DOWN')`)
@Index('ix_proxies_check_due_at', ['checkDueAt'])
export class Proxy {
  @PrimaryColumn({ name: 'host_id', type: 'integer', primaryKeyConstraintName: 'pk_proxies' })
  hostId!: number;

  /** Whose authorized_keys hold the server's key: the host's account may have been changed since. */
  @Column({ name: 'account', type: 'text' })
  account!: string;

  /** Whether an SSH session by the server's key came up when last tried. */
  @Column({ name: 'ssh_status', type: 'text', default: 'UNKNOWN' })
  sshStatus!: SshStatus;

  /** Why not, for people; null unless DOWN. */
  @Column({ name: 'ssh_error', type: 'jsonb', nullable: true })
  sshError!: { zh: string; en: string } | null;

  @Column({ name: 'checked_at', type: 'timestamptz', nullable: true })
  checkedAt!: Date | null;

  /** When a worker is to try again; moved on by whoever takes it. */
  @Column({ name: 'check_due_at', type: 'timestamptz', default: () => 'now()' })
  checkDueAt!: Date;

  @ManyToOne('Host', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'host_id', foreignKeyConstraintName: 'fk_proxies_host' })
  host?: unknown;
}
