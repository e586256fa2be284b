import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

export const BUSINESS_ROLES = ['operator', 'viewer'] as const;
/** An operator may change things in a business, a viewer may look. */
export type BusinessRole = (typeof BUSINESS_ROLES)[number];

/** What a user who is no administrator may do in one business. */
@Entity('user_roles')
@Check('ck_user_roles_role', `role IN ('operator', 'viewer')`)
@Index('ix_user_roles_business_id', ['businessId'])
export class UserRole {
  @PrimaryColumn({ name: 'user_id', type: 'integer', primaryKeyConstraintName: 'pk_user_roles' })
  userId!: number;

  @PrimaryColumn({ name: 'business_id', type: 'integer', primaryKeyConstraintName: 'pk_user_roles' })
  businessId!: number;

  @Column({ name: 'role', type: 'text' })
  role!: BusinessRole;

  @ManyToOne('User', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'fk_user_roles_user' })
  user?: unknown;

  @ManyToOne('Business', { onDelete: 'CASCADE', nullable: false })
  @JoinColumn({ name: 'business_id', foreignKeyConstraintName: 'fk_user_roles_business' })
  business?: unknown;
}
