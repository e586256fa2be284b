import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { NodeType } from '../hosts/host.enums.js';
import type { JobStatus, OpType } from './task.enums.js';

/** What one POST to tasks created: the same operation on one or many hosts. */
@Entity('jobs')
@Check(
  'ck_jobs_op_type',
  `op_type IN ('INSTALL', 'REINSTALL', 'UNINSTALL', 'REMOVE', 'UPGRADE', 'UPDATE_AUTHINFO', 'PRECHECK')`,
)
@Check('ck_jobs_node_type', `node_type IN ('AGENT', 'PROXY', 'PAGENT')`)
@Check('ck_jobs_status', `status IN ('RUNNING', 'SUCCESS', 'PARTIAL_SUCCESS', 'FAILED')`)
@Index('ix_jobs_business_id', ['businessId', 'id'])
@Index('ix_jobs_start_time', ['businessId', 'startTime'])
@Index('ix_jobs_creator', ['businessId', 'creator', 'id'])
@Index('ix_jobs_unfinished', ['id'], { where: `status = 'RUNNING'` })
export class Job {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_jobs' })
  id!: number;

  @Column({ name: 'business_id', type: 'integer' })
  businessId!: number;

  @Column({ name: 'cloud_id', type: 'integer' })
  cloudId!: number;

  @Column({ name: 'op_type', type: 'text' })
  opType!: OpType;

  @Column({ name: 'node_type', type: 'text' })
  nodeType!: NodeType;

  @Column({ name: 'creator', type: 'text' })
  creator!: string;

  /** Written when the last run ends; the counts of the runs are what is exact at every moment. */
  @Column({ name: 'status', type: 'text', default: 'RUNNING' })
  status!: JobStatus;

  /** The job whose failed hosts this one tries again. */
  @Column({ name: 'origin_job_id', type: 'integer', nullable: true })
  originJobId!: number | null;

  /** The version to install; null: the newest that fits. */
  @Column({ name: 'package_version', type: 'text', nullable: true })
  packageVersion!: string | null;

  @Column({ name: 'start_time', type: 'timestamptz', default: () => 'now()' })
  startTime!: Date;

  @Column({ name: 'end_time', type: 'timestamptz', nullable: true })
  endTime!: Date | null;

  @ManyToOne('Business', { onDelete: 'RESTRICT', nullable: false })
  @JoinColumn({ name: 'business_id', foreignKeyConstraintName: 'fk_jobs_business' })
  business?: unknown;
}
