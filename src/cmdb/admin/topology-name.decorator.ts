import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { Text } from '../../common/i18n/text.js';

/** No control characters and no halves of characters: neither can be stored and shown faithfully. */
const NAME = /^[^\p{Cc}\p{Cs}]{1,64}$/u;

/** The name of a business, set or module: 1–64 characters without the blanks around them. */
export const TopologyName = (example: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ example, minLength: 1, maxLength: 64, description: 'Unique among its siblings.' }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' || typeof value === 'number' ? String(value).trim() : value,
    ),
    Matches(NAME, { context: { text: new Text('请填写 1-64 个字符的名称', 'Give a name of 1-64 characters') } }),
  );
