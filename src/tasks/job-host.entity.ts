import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import type { NodeType, OsType } from '../hosts/host.enums.js';
import { Job } from './job.entity.js';
import type { RunFailureRecord } from './run-failure-record.js';
import type { OpType, RunStatus } from './task.enums.js';

/**
 * A run: one host's part in a job. It carries its host as it was, so that history outlives the host. `attempt` is the
 * fence: each claim raises it, and a write that names an older one touches no row.
 */
@Entity('job_hosts')
@Check('ck_job_hosts_status', `status IN ('QUEUE', 'RUNNING', 'SUCCESS', 'FAILED')`)
@Index('ix_job_hosts_job_id', ['jobId', 'status'])
@Index('ix_job_hosts_host_id', ['hostId', 'id'])
@Index('uq_job_hosts_active_host', ['hostId'], { unique: true, where: `status IN ('QUEUE', 'RUNNING')` })
@Index('ix_job_hosts_queued', ['businessId', 'id'], { where: `status = 'QUEUE'` })
@Index('ix_job_hosts_leased', ['leaseExpiresAt'], { where: `status = 'RUNNING'` })
@Index('ix_job_hosts_lease_owner', ['leaseOwner'], { where: `status = 'RUNNING'` })
@Index('ix_job_hosts_inner_ip', ['businessId', 'innerIp'])
export class JobHost {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_job_hosts' })
  id!: number;

  @Column({ name: 'job_id', type: 'integer' })
  jobId!: number;

  @Column({ name: 'business_id', type: 'integer' })
  businessId!: number;

  @Column({ name: 'host_id', type: 'integer' })
  hostId!: number;

  @Column({ name: 'cloud_id', type: 'integer' })
  cloudId!: number;

  @Column({ name: 'inner_ip', type: 'inet' })
  innerIp!: string;

  @Column({ name: 'outer_ip', type: 'inet', nullable: true })
  outerIp!: string | null;

  @Column({ name: 'node_type', type: 'text' })
  nodeType!: NodeType;

  @Column({ name: 'os_type', type: 'text' })
  osType!: OsType;

  @Column({ name: 'has_cygwin', type: 'boolean', default: false })
  hasCygwin!: boolean;

  @Column({ name: 'op_type', type: 'text' })
  opType!: OpType;

  @Column({ name: 'status', type: 'text', default: 'QUEUE' })
  status!: RunStatus;

  @Column({ name: 'err_code', type: 'text', default: 'INIT' })
  errCode!: string;

  @Column({ name: 'err_desc', type: 'jsonb', nullable: true })
  errDesc!: { zh: string; en: string } | null;

  /** Why it failed, in parts; null unless FAILED by what was met on the way. */
  @Column({ name: 'failure', type: 'jsonb', nullable: true })
  failure!: RunFailureRecord | null;

  @Column({ name: 'step', type: 'text', default: 'INIT' })
  step!: string;

  /** Where a take-over resumes: at the first step of the pipeline that is not here. */
  @Column({ name: 'finished_steps', type: 'text', array: true, default: [] })
  finishedSteps!: string[];

  @Column({ name: 'attempt', type: 'integer', default: 0 })
  attempt!: number;

  /** How often its worker was lost; the third time ends it. */
  @Column({ name: 'losses', type: 'integer', default: 0 })
  losses!: number;

  @Column({ name: 'lease_owner', type: 'text', nullable: true })
  leaseOwner!: string | null;

  @Column({ name: 'lease_expires_at', type: 'timestamptz', nullable: true })
  leaseExpiresAt!: Date | null;

  @Column({ name: 'cancel_requested_at', type: 'timestamptz', nullable: true })
  cancelRequestedAt!: Date | null;

  @Column({ name: 'cancel_requested_by', type: 'text', nullable: true })
  cancelRequestedBy!: string | null;

  /** Set at the first claim from the `timeout` setting; a take-over does not move it. */
  @Column({ name: 'deadline_at', type: 'timestamptz', nullable: true })
  deadlineAt!: Date | null;

  @Column({ name: 'queued_at', type: 'timestamptz', default: () => 'now()' })
  queuedAt!: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @ManyToOne(() => Job, { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'fk_job_hosts_job' })
  job?: Relation<Job>;
}
