import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

/** A process that an agent looks after, as it last reported it. */
export interface ReportedProcess {
  name: string;
  status: 'RUNNING' | 'TERMINATED';
  version: string;
}

/**
 * The agent of a host: who may report for it, and what came last. A run issues a pending token; the first report that
 * carries it replaces the old token, which is how the run knows that its own agent is up.
 */
@Entity('agents')
@Index('ix_agents_reported_at', ['reportedAt'])
export class Agent {
  @PrimaryColumn({ name: 'host_id', type: 'integer', primaryKeyConstraintName: 'pk_agents' })
  hostId!: number;

  @Column({ name: 'token_hash', type: 'text', nullable: true })
  tokenHash!: string | null;

  @Column({ name: 'pending_token_hash', type: 'text', nullable: true })
  pendingTokenHash!: string | null;

  @Column({ name: 'pending_run_id', type: 'integer', nullable: true })
  pendingRunId!: number | null;

  /** The run whose token reported last was installed by. */
  @Column({ name: 'confirmed_run_id', type: 'integer', nullable: true })
  confirmedRunId!: number | null;

  @Column({ name: 'reported_at', type: 'timestamptz', nullable: true })
  reportedAt!: Date | null;

  /** When it said goodbye; null again with the next report. */
  @Column({ name: 'stopped_at', type: 'timestamptz', nullable: true })
  stoppedAt!: Date | null;

  /** What commands to it are signed with, sealed; it went to the host over SSH only. */
  @Column({ name: 'command_key', type: 'bytea', nullable: true })
  commandKey!: Buffer | null;

  @Column({ name: 'command_key_id', type: 'text', nullable: true })
  commandKeyId!: string | null;

  @Column({ name: 'processes', type: 'jsonb', default: [] })
  processes!: ReportedProcess[];

  @ManyToOne('Host', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'host_id', foreignKeyConstraintName: 'fk_agents_host' })
  host?: unknown;
}
