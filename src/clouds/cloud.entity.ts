import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** The area that the server reaches directly. It always exists. */
export const DIRECT_CLOUD_ID = 0;

/** A network area. Index `ix_clouds_name_trgm` serves keyword search. */
@Entity('clouds')
@Index('uq_clouds_name', ['name'], { unique: true })
@Index('ix_clouds_name_trgm', { synchronize: false })
export class Cloud {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_clouds' })
  id!: number;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'creator', type: 'text' })
  creator!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
