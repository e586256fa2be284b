import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** An agent package in `DATA_DIR/packages`. */
@Entity('packages')
@Index('uq_packages_name_version_os_arch', ['name', 'version', 'os', 'arch'], { unique: true })
@Index('uq_packages_file_name', ['fileName'], { unique: true })
export class Package {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_packages' })
  id!: number;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'version', type: 'text' })
  version!: string;

  /** For example `linux`. */
  @Column({ name: 'os', type: 'text' })
  os!: string;

  /** As `uname -m` says it: `x86_64`, `aarch64`. */
  @Column({ name: 'arch', type: 'text' })
  arch!: string;

  @Column({ name: 'file_name', type: 'text' })
  fileName!: string;

  /** A bigint, which the driver gives as text. */
  @Column({ name: 'size_bytes', type: 'bigint' })
  sizeBytes!: string;

  /** 64 hexadecimal digits. */
  @Column({ name: 'sha256', type: 'text' })
  sha256!: string;

  @Column({ name: 'manifest', type: 'jsonb' })
  manifest!: Record<string, string>;

  @Column({ name: 'uploaded_by', type: 'text' })
  uploadedBy!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
