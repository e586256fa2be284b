import { ApiProperty, IntersectionType, PartialType } from '@nestjs/swagger';
import { SETTING_KEYS, SETTINGS } from './settings.registry.js';

const AnyFields = PartialType(IntersectionType(...(SETTINGS.map(({ Fields }) => Fields) as [])));

/** A setting as it is answered: the key's own fields, and no others. */
export class SettingResponse extends AnyFields {}

/** Documents what is posted; the definition of the key checks it, so that other keys' fields are no mistake. */
export class SettingForm extends AnyFields {
  @ApiProperty({ enum: SETTING_KEYS, example: 'timeout', description: 'The setting; fields of others are ignored.' })
  key!: string;
}
