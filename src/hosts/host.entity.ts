import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Cloud } from '../clouds/cloud.entity.js';
import type { AgentStatus, AuthType, NodeType, OsType } from './host.enums.js';

const LIVE = 'removed_at IS NULL';

/**
 * A machine we manage. An address is unique within its cloud, not globally, among the hosts that are not removed.
 * Index `ix_hosts_search_trgm` is on `host_search_text(…)`: addresses, node type and OS, for keyword search.
 * `agent…` is written from reports, `job…` and `runId` by the runs; both are copies that let lists filter without joins.
 */
@Entity('hosts')
@Check('ck_hosts_node_type', `node_type IN ('AGENT', 'PROXY', 'PAGENT')`)
@Check('ck_hosts_os_type', `os_type IN ('LINUX', 'WINDOWS', 'AIX')`)
@Check('ck_hosts_auth_type', `auth_type IN ('PASSWORD', 'KEY')`)
@Check('ck_hosts_agent_status', `agent_status IN ('UNKNOWN', 'RUNNING', 'TERMINATED')`)
@Check('ck_hosts_job_status', `job_status IN ('', 'QUEUE', 'RUNNING', 'SUCCESS', 'FAILED')`)
@Index('uq_hosts_cloud_id_inner_ip', ['cloudId', 'innerIp'], { unique: true, where: LIVE })
@Index('ix_hosts_business_id', ['businessId', 'id'], { where: LIVE })
@Index('ix_hosts_cloud_id', ['businessId', 'cloudId', 'id'], { where: LIVE })
@Index('ix_hosts_inner_ip', ['businessId', 'innerIp'], { where: LIVE })
@Index('ix_hosts_outer_ip', ['businessId', 'outerIp'], { where: `${LIVE} AND outer_ip IS NOT NULL` })
@Index('ix_hosts_node_type', ['businessId', 'nodeType', 'id'], { where: LIVE })
@Index('ix_hosts_os_type', ['businessId', 'osType', 'id'], { where: LIVE })
@Index('ix_hosts_agent_status', ['businessId', 'agentStatus', 'id'], { where: LIVE })
@Index('ix_hosts_job_status', ['businessId', 'jobStatus', 'id'], { where: LIVE })
@Index('ix_hosts_search_trgm', { synchronize: false })
@Index('ix_hosts_version_trgm', { synchronize: false })
@Index('ix_hosts_proxies', ['cloudId', 'businessId', 'id'], { where: `node_type = 'PROXY' AND ${LIVE}` })
@Index('ix_hosts_removed_at', ['removedAt'], { where: 'removed_at IS NOT NULL' })
export class Host {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_hosts' })
  id!: number;

  @Column({ name: 'business_id', type: 'integer' })
  businessId!: number;

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

  @Column({ name: 'account', type: 'text', default: 'root' })
  account!: string;

  @Column({ name: 'port', type: 'integer', default: 22 })
  port!: number;

  @Column({ name: 'auth_type', type: 'text', default: 'PASSWORD' })
  authType!: AuthType;

  @Column({ name: 'has_cygwin', type: 'boolean', default: false })
  hasCygwin!: boolean;

  /** Known from a PRECHECK only: nobody has tried to install anything yet, so that it does not count as managed. */
  @Column({ name: 'is_candidate', type: 'boolean', default: false })
  isCandidate!: boolean;

  /** Set by a successful INSTALL, REINSTALL or UPGRADE, cleared by UNINSTALL. */
  @Column({ name: 'agent_installed', type: 'boolean', default: false })
  agentInstalled!: boolean;

  @Column({ name: 'agent_name', type: 'text', default: 'nodeman-agent' })
  agentName!: string;

  @Column({ name: 'agent_status', type: 'text', default: 'UNKNOWN' })
  agentStatus!: AgentStatus;

  /** '' until the agent has reported once. */
  @Column({ name: 'agent_version', type: 'text', default: '' })
  agentVersion!: string;

  /** When status or version last changed. */
  @Column({ name: 'agent_status_at', type: 'timestamptz', nullable: true })
  agentStatusAt!: Date | null;

  /** The last run other than UPDATE_AUTHINFO. */
  @Column({ name: 'run_id', type: 'integer', nullable: true })
  runId!: number | null;

  @Column({ name: 'job_id', type: 'integer', nullable: true })
  jobId!: number | null;

  @Column({ name: 'job_status', type: 'text', default: '' })
  jobStatus!: '' | 'QUEUE' | 'RUNNING' | 'SUCCESS' | 'FAILED';

  @Column({ name: 'job_err_code', type: 'text', default: '' })
  jobErrCode!: string;

  @Column({ name: 'job_err_desc', type: 'jsonb', nullable: true })
  jobErrDesc!: { zh: string; en: string } | null;

  @Column({ name: 'job_step', type: 'text', default: '' })
  jobStep!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;

  /** When it left the list; such a host is kept for a day and can be restored. */
  @Column({ name: 'removed_at', type: 'timestamptz', nullable: true })
  removedAt!: Date | null;

  @ManyToOne('Business', { onDelete: 'RESTRICT', nullable: false })
  @JoinColumn({ name: 'business_id', foreignKeyConstraintName: 'fk_hosts_business' })
  business?: unknown;

  @ManyToOne(() => Cloud, { onDelete: 'RESTRICT', nullable: false })
  @JoinColumn({ name: 'cloud_id', foreignKeyConstraintName: 'fk_hosts_cloud' })
  cloud?: Relation<Cloud>;
}
