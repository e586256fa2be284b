import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';

/** A group of hosts in a set. */
@Entity('cmdb_modules')
@Index('uq_cmdb_modules_set_id_name', ['setId', 'name'], { unique: true })
@Index('uq_cmdb_modules_landing', ['businessId'], { unique: true, where: 'is_landing' })
export class CmdbModule {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_cmdb_modules' })
  id!: number;

  @Column({ name: 'business_id', type: 'integer' })
  businessId!: number;

  @Column({ name: 'set_id', type: 'integer' })
  setId!: number;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  /** 空闲机, where newly registered hosts land; one a business. */
  @Column({ name: 'is_landing', type: 'boolean', default: false })
  isLanding!: boolean;

  @ManyToOne('Business', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'business_id', foreignKeyConstraintName: 'fk_cmdb_modules_business' })
  business?: unknown;

  @ManyToOne('CmdbSet', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'set_id', foreignKeyConstraintName: 'fk_cmdb_modules_set' })
  set?: unknown;
}
