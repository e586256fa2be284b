import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One thing that operators set for the whole installation, such as `nginx` or `timeout`. */
@Entity('settings')
export class Setting {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_settings' })
  key!: string;

  @Column({ name: 'value', type: 'jsonb' })
  value!: Record<string, string>;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
