import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Somebody, or some system, that may log in. Names are unique without regard to case (index `uq_users_username`). */
@Entity('users')
export class User {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'BY DEFAULT', primaryKeyConstraintName: 'pk_users' })
  id!: number;

  @Column({ name: 'username', type: 'text' })
  username!: string;

  /** scrypt, with its parameters and salt; never selected by accident. */
  @Column({ name: 'password_hash', type: 'text', select: false })
  passwordHash!: string;

  /** Administrators may do everything in every business. */
  @Column({ name: 'is_admin', type: 'boolean', default: false })
  isAdmin!: boolean;

  /** A locked user has no valid session and no valid token. */
  @Column({ name: 'is_locked', type: 'boolean', default: false })
  isLocked!: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
