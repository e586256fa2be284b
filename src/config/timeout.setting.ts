import { ApiProperty } from '@nestjs/swagger';
import { ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import type { SettingDefinition } from './setting-definition.js';

/** How long a host's whole run may take. */
export interface TimeoutSetting {
  readonly seconds: number;
}

const MIN_SECONDS = 60;
const MAX_SECONDS = 86_400;

class TimeoutFields {
  @ApiProperty({
    description: `Seconds that a host's whole run may take, ${MIN_SECONDS}-${MAX_SECONDS}: a whole number or its text. Answered as text.`,
    example: '180',
  })
  timeout!: string;
}

export const timeoutSetting: SettingDefinition<TimeoutSetting> = {
  key: 'timeout',
  Fields: TimeoutFields,
  defaultValue: { seconds: 180 },

  parse({ timeout }) {
    const text = typeof timeout === 'number' ? String(timeout) : typeof timeout === 'string' ? timeout.trim() : '';
    const seconds = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
      throw ValidateError.of(
        'timeout',
        new Text(
          `请填写 ${MIN_SECONDS} 到 ${MAX_SECONDS} 之间的整数（秒）`,
          `Give a whole number of seconds from ${MIN_SECONDS} to ${MAX_SECONDS}`,
        ),
      );
    }
    return { seconds };
  },

  toFields: ({ seconds }) => ({ timeout: String(seconds) }),
};
