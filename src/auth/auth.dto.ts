import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, Length, MaxLength } from 'class-validator';
import { Text } from '../common/i18n/text.js';
import { PASSWORD_LENGTH } from './password-hash.js';
import { BUSINESS_ROLES, type BusinessRole } from './user-role.entity.js';

const { min, max } = PASSWORD_LENGTH;

/** The rule for a new password. */
export const IsPassword = (): PropertyDecorator =>
  Length(min, max, {
    context: { text: new Text(`密码长度应为 ${min}-${max} 个字符`, `A password has ${min} to ${max} characters`) },
  });

export class LoginRequest {
  @ApiProperty({ example: 'admin', maxLength: 256 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  username!: string;

  @ApiProperty({
    example: 'put-your-password-here',
    format: 'password',
    maxLength: max,
    description: 'That of the first administrator is ADMIN_PASSWORD, or was printed once at the first start.',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(max)
  password!: string;
}

export class ChangePasswordRequest {
  @ApiProperty({ example: 'put-your-password-here', format: 'password', maxLength: max })
  @IsString()
  @IsNotEmpty()
  @MaxLength(max)
  old_password!: string;

  @ApiProperty({ example: 'a-longer-password-than-before', format: 'password', minLength: min, maxLength: max })
  @IsPassword()
  new_password!: string;
}

/** What a user may do in one business. */
export class RoleResponse {
  @ApiProperty({ example: '1' }) bk_biz_id!: string;
  @ApiProperty({ enum: BUSINESS_ROLES, enumName: 'BusinessRole', example: 'operator' }) role!: BusinessRole;

  /** Sorted by business id. */
  static listFrom(roles: ReadonlyMap<number, BusinessRole>): RoleResponse[] {
    return [...roles].sort(([a], [b]) => a - b).map(([businessId, role]) => ({ bk_biz_id: String(businessId), role }));
  }
}

/** Somebody who is logged in. */
export class LoginResponse {
  @ApiProperty({ example: 'admin' }) username!: string;
  @ApiProperty({ example: true, description: 'Administrators may do everything in every business.' })
  is_admin!: boolean;
  @ApiProperty({ type: [RoleResponse], description: 'Empty for administrators, who need none.' })
  roles!: RoleResponse[];
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2030-01-01T12:00:00.000Z',
    description: 'When the session or token ends; null: never.',
  })
  expires_at!: string | null;

  static from(
    user: { username: string; isAdmin: boolean; roles: ReadonlyMap<number, BusinessRole> },
    expiresAt: Date | null,
  ): LoginResponse {
    return {
      username: user.username,
      is_admin: user.isAdmin,
      roles: RoleResponse.listFrom(user.roles),
      expires_at: expiresAt?.toISOString() ?? null,
    };
  }
}
