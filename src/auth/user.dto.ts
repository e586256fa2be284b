import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  Matches,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { Text } from '../common/i18n/text.js';
import { parseId } from '../common/validation/ids.js';
import { EmptyAsAbsent, ToBool, ToText } from '../common/validation/transforms.js';
import { IsPassword, RoleResponse } from './auth.dto.js';
import { PASSWORD_LENGTH } from './password-hash.js';
import type { User } from './user.entity.js';
import { BUSINESS_ROLES, type BusinessRole } from './user-role.entity.js';
import { USERNAME } from './username.js';

const MAX_ROLES = 1_000;
const PASSWORD_PROPERTY = {
  example: 'correct-horse-battery-staple',
  format: 'password',
  minLength: PASSWORD_LENGTH.min,
  maxLength: PASSWORD_LENGTH.max,
};

const IsBusinessId = (): PropertyDecorator =>
  ValidateBy(
    { name: 'isBusinessId', validator: { validate: (value) => parseId(value) !== null } },
    { context: { text: new Text('请填写合法的业务 ID', 'Give the id of a business') } },
  );

/** A role that a user is to have in one business. */
export class RoleRequest {
  @ApiProperty({ example: '1', description: 'A number is taken too.' })
  @ToText()
  @IsBusinessId()
  bk_biz_id!: string;

  @ApiProperty({ enum: BUSINESS_ROLES, enumName: 'BusinessRole', example: 'operator' })
  @IsIn(BUSINESS_ROLES)
  role!: BusinessRole;
}

export class CreateUserRequest {
  @ApiProperty({ example: 'li.lei', pattern: USERNAME.source, description: 'Unique without regard to case.' })
  @Matches(USERNAME, {
    context: {
      text: new Text('用户名为 1-64 个字母、数字、_、.、@ 或 -', 'A user name has 1 to 64 letters, digits, _ . @ or -'),
    },
  })
  username!: string;

  @ApiProperty(PASSWORD_PROPERTY)
  @IsPassword()
  password!: string;

  @ApiProperty({ required: false, default: false, example: false })
  @IsOptional()
  @ToBool()
  @IsBoolean()
  is_admin?: boolean;

  @ApiProperty({ required: false, type: [RoleRequest], maxItems: MAX_ROLES })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_ROLES)
  @ValidateNested({ each: true })
  @Type(() => RoleRequest)
  roles?: RoleRequest[];
}

/** Only what is given changes. */
export class UpdateUserRequest {
  @ApiProperty({ ...PASSWORD_PROPERTY, required: false, description: "Ends all of the user's sessions." })
  @IsOptional()
  @EmptyAsAbsent()
  @IsPassword()
  password?: string;

  @ApiProperty({ required: false, example: false })
  @IsOptional()
  @ToBool()
  @IsBoolean()
  is_admin?: boolean;

  @ApiProperty({
    required: false,
    example: false,
    description: 'Locking ends all sessions; tokens work again once the user is unlocked.',
  })
  @IsOptional()
  @ToBool()
  @IsBoolean()
  is_locked?: boolean;

  @ApiProperty({ required: false, type: [RoleRequest], maxItems: MAX_ROLES, description: 'Replaces all roles.' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_ROLES)
  @ValidateNested({ each: true })
  @Type(() => RoleRequest)
  roles?: RoleRequest[];
}

export class UserResponse {
  @ApiProperty({ example: 1 }) id!: number;
  @ApiProperty({ example: 'li.lei' }) username!: string;
  @ApiProperty({ example: false }) is_admin!: boolean;
  @ApiProperty({ example: false }) is_locked!: boolean;
  @ApiProperty({ type: [RoleResponse] }) roles!: RoleResponse[];
  @ApiProperty({ format: 'date-time', example: '2030-01-01T12:00:00.000Z' }) created_time!: string;
  @ApiProperty({ format: 'date-time', example: '2030-01-01T12:00:00.000Z' }) update_time!: string;

  static from(
    { id, username, isAdmin, isLocked, createdAt, updatedAt }: User,
    roles: ReadonlyMap<number, BusinessRole>,
  ): UserResponse {
    return {
      id,
      username,
      is_admin: isAdmin,
      is_locked: isLocked,
      roles: RoleResponse.listFrom(roles),
      created_time: createdAt.toISOString(),
      update_time: updatedAt.toISOString(),
    };
  }
}
