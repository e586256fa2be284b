import { Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, Column } from 'typeorm';

/** That a machine, known by cloud and address, is in a module. */
@Entity('cmdb_members')
@Index('ix_cmdb_members_address', ['businessId', 'cloudId', 'address'])
export class CmdbMember {
  @PrimaryColumn({ name: 'module_id', type: 'integer', primaryKeyConstraintName: 'pk_cmdb_members' })
  moduleId!: number;

  @PrimaryColumn({ name: 'cloud_id', type: 'integer', primaryKeyConstraintName: 'pk_cmdb_members' })
  cloudId!: number;

  @PrimaryColumn({ type: 'inet', primaryKeyConstraintName: 'pk_cmdb_members' })
  address!: string;

  @Column({ name: 'business_id', type: 'integer' })
  businessId!: number;

  @ManyToOne('CmdbModule', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'module_id', foreignKeyConstraintName: 'fk_cmdb_members_module' })
  module?: unknown;

  @ManyToOne('Business', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'business_id', foreignKeyConstraintName: 'fk_cmdb_members_business' })
  business?: unknown;
}
