import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';

/** A group of modules in a business. */
@Entity('cmdb_sets')
@Index('uq_cmdb_sets_business_id_name', ['businessId', 'name'], { unique: true })
@Index('uq_cmdb_sets_idle_pool', ['businessId'], { unique: true, where: 'is_idle_pool' })
export class CmdbSet {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_cmdb_sets' })
  id!: number;

  @Column({ name: 'business_id', type: 'integer' })
  businessId!: number;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** 空闲机池, where hosts without a task of their own wait; one a business. */
  @Column({ name: 'is_idle_pool', type: 'boolean', default: false })
  isIdlePool!: boolean;

  @ManyToOne('Business', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'business_id', foreignKeyConstraintName: 'fk_cmdb_sets_business' })
  business?: unknown;
}
