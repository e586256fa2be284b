import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A tenant; `bk_biz_id` and `ApplicationID` on the wire. */
@Entity('businesses')
@Index('uq_businesses_name', ['name'], { unique: true })
export class Business {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_businesses' })
  id!: number;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'company_id', type: 'text', default: '0' })
  companyId!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
