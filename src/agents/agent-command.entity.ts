import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

/** What an agent is told to do by the answer to its next report, for one run. */
@Entity('agent_commands')
@Check('ck_agent_commands_op', `op IN ('uninstall')`)
@Index('ix_agent_commands_open', ['hostId'], { where: 'ended_at IS NULL' })
export class AgentCommand {
  @PrimaryColumn({ name: 'run_id', type: 'integer', primaryKeyConstraintName: 'pk_agent_commands' })
  runId!: number;

  @Column({ name: 'host_id', type: 'integer' })
  hostId!: number;

  @Column({ name: 'op', type: 'text' })
  op!: 'uninstall';

  @Column({ name: 'nonce', type: 'text' })
  nonce!: string;

  /** @see agent/README.md, "Commands" */
  @Column({ name: 'signature', type: 'text' })
  signature!: string;

  @Column({ name: 'issued_at', type: 'timestamptz', default: () => 'now()' })
  issuedAt!: Date;

  /** When it first went out with an answer. */
  @Column({ name: 'taken_at', type: 'timestamptz', nullable: true })
  takenAt!: Date | null;

  /** When the agent told how it ended. */
  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode!: number | null;

  @Column({ name: 'output', type: 'text', nullable: true })
  output!: string | null;

  @ManyToOne('JobHost', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'run_id', foreignKeyConstraintName: 'fk_agent_commands_run' })
  run?: unknown;

  @ManyToOne('Host', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'host_id', foreignKeyConstraintName: 'fk_agent_commands_host' })
  host?: unknown;
}
