import { ApiProperty } from '@nestjs/swagger';
import { type MessageTree, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { parseEndpoint } from '../common/validation/addresses.js';
import type { FormFields, SettingDefinition } from './setting-definition.js';

/** The servers that targets fetch packages from and agents report to, each list in the order in which it is tried. */
export interface NginxSetting {
  /** For hosts of cloud 0. */
  readonly inner: readonly string[];
  /** For proxies of other clouds. */
  readonly outer: readonly string[];
}

const MAX_ADDRESSES = 16;
const MAX_LENGTH = 8_192;

class NginxFields {
  @ApiProperty({
    description:
      'Servers for hosts of cloud 0: comma-separated ip:port or name:port, IPv6 in brackets, at most 16. `inner_url` is taken too. ' +
      'At least one of the two lists is needed; the one that is not given becomes empty.',
    example: '127.0.0.1:8800',
  })
  inner_ip!: string;

  @ApiProperty({ description: 'Servers for proxies of other clouds. `outer_url` is taken too.', example: '' })
  outer_ip!: string;
}

export const nginxSetting: SettingDefinition<NginxSetting> = {
  key: 'nginx',
  Fields: NginxFields,
  defaultValue: null,

  parse(form) {
    const complaints: Record<string, MessageTree> = {};
    const read = (...names: [string, string]): string[] => {
      const name = nameGiven(form, names);
      const { addresses, complaint } = readAddresses(form[name]);
      if (complaint) complaints[name] = [complaint];
      return addresses;
    };
    const value = { inner: read('inner_ip', 'inner_url'), outer: read('outer_ip', 'outer_url') };
    if (Object.keys(complaints).length > 0) throw new ValidateError(complaints);
    if (value.inner.length + value.outer.length === 0) {
      const complaint = new Text('inner_ip 和 outer_ip 至少填写一个', 'Give inner_ip or outer_ip');
      throw new ValidateError({ inner_ip: [complaint], outer_ip: [complaint] });
    }
    return value;
  },

  toFields: ({ inner, outer }) => ({ inner_ip: inner.join(','), outer_ip: outer.join(',') }),
};

/** The document's own spelling wins, unless it is empty and the later one is not. */
function nameGiven(form: FormFields, [own, later]: [string, string]): string {
  return isBlank(form[own]) && !isBlank(form[later]) ? later : own;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function readAddresses(value: unknown): { addresses: string[]; complaint?: Text } {
  if (isBlank(value)) return { addresses: [] };
  if (typeof value !== 'string' || value.length > MAX_LENGTH) {
    return { addresses: [], complaint: new Text('请填写以逗号分隔的 ip:port', 'Give ip:port, separated by commas') };
  }
  const parts = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = parts.find((part) => parseEndpoint(part) === null);
  if (wrong !== undefined) return { addresses: [], complaint: notAnEndpoint(wrong) };
  const addresses = [...new Set(parts.map((part) => parseEndpoint(part)!))];
  if (addresses.length > MAX_ADDRESSES) {
    const complaint = new Text(`最多填写 ${MAX_ADDRESSES} 个地址`, `Give at most ${MAX_ADDRESSES} addresses`);
    return { addresses: [], complaint };
  }
  return { addresses };
}

function notAnEndpoint(part: string): Text {
  const shown = part.slice(0, 100);
  return new Text(
    `${shown} 不是合法的 ip:port，端口范围 1-65535，IPv6 地址请加方括号`,
    `${shown} is not ip:port; ports are 1-65535, IPv6 goes in brackets`,
  );
}
