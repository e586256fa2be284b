import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';

/** One line of a run's log, masked and harmless to show. */
@Entity('run_logs')
@Index('ix_run_logs_run_id', ['runId', 'id'])
export class RunLog {
  /** A bigint, which the driver gives as text. */
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'pk_run_logs',
  })
  id!: string;

  @Column({ name: 'run_id', type: 'integer' })
  runId!: number;

  @Column({ name: 'at', type: 'timestamptz' })
  at!: Date;

  @Column({ name: 'step', type: 'text' })
  step!: string;

  @Column({ name: 'en', type: 'text' })
  en!: string;

  /** Null: the same as `en`, as with output of programs. */
  @Column({ name: 'zh', type: 'text', nullable: true })
  zh!: string | null;

  @ManyToOne('JobHost', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'run_id', foreignKeyConstraintName: 'fk_run_logs_run' })
  run?: unknown;
}
