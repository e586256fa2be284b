import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Length, Matches, Max, Min } from 'class-validator';
import { Text } from '../common/i18n/text.js';
import { ToInt } from '../common/validation/transforms.js';
import type { ApiToken } from './api-token.entity.js';

/** Days that a token lasts when its maker does not say. */
export const DEFAULT_TOKEN_DAYS = 90;

export class CreateTokenRequest {
  @ApiProperty({ example: 'ci pipeline', minLength: 1, maxLength: 64, description: 'What the token is for.' })
  @Length(1, 64, { context: { text: new Text('名称长度应为 1-64 个字符', 'A name has 1 to 64 characters') } })
  @Matches(/^\P{Cc}*$/u, { context: { text: new Text('名称不能包含控制字符', 'A name has no control characters') } })
  name!: string;

  @ApiProperty({
    type: Number,
    required: false,
    nullable: true,
    default: DEFAULT_TOKEN_DAYS,
    minimum: 1,
    maximum: 3650,
    example: DEFAULT_TOKEN_DAYS,
    description: 'Days until it expires; null: never, for administrators only.',
  })
  @IsOptional()
  @ToInt()
  @IsInt()
  @Min(1)
  @Max(3650)
  expires_in_days?: number | null;
}

/** A token as lists show it: without its secret. */
export class TokenResponse {
  @ApiProperty({ example: 1 }) id!: number;
  @ApiProperty({ example: 'ci pipeline' }) name!: string;
  @ApiProperty({ format: 'date-time', example: '2030-01-01T12:00:00.000Z' }) created_time!: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2030-04-01T12:00:00.000Z',
    description: 'Null: never.',
  })
  expires_at!: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'To the minute; null: not used yet.',
  })
  last_used_at!: string | null;

  static from({ id, name, createdAt, expiresAt, lastUsedAt }: ApiToken): TokenResponse {
    return {
      id,
      name,
      created_time: createdAt.toISOString(),
      expires_at: expiresAt?.toISOString() ?? null,
      last_used_at: lastUsedAt?.toISOString() ?? null,
    };
  }
}

export class NewTokenResponse extends TokenResponse {
  @ApiProperty({
    example: 'nm_Zm9yLXRoZS1kb2N1bWVudC1vbmx5LW5vdC1hLXRva2Vu',
    description: 'For `Authorization: Bearer …`. Shown this once; only its hash is kept.',
  })
  token!: string;

  static withSecret(entity: ApiToken, token: string): NewTokenResponse {
    return { ...TokenResponse.from(entity), token };
  }
}
