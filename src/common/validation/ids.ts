import { Injectable, Optional, type PipeTransform } from '@nestjs/common';
import { ObjectNotExistError, ValidateError } from '../errors/app-error.js';
import { Text } from '../i18n/text.js';

/** The largest id that our integer columns hold. */
export const MAX_ID = 2_147_483_647;

/** The id that a text or a number is; null when it is none. Zero is an id only for clouds. */
export function parseId(value: unknown, min: 0 | 1 = 1): number | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^(0|[1-9]\d{0,9})$/.test(text)) return null;
  const id = Number(text);
  return id >= min && id <= MAX_ID ? id : null;
}

/** An id in a path. What cannot be an id is answered like an id of nothing. */
@Injectable()
export class ParseIdPipe implements PipeTransform<string, number> {
  /** @param min 0 where the id of cloud 0 is meant; Nest, which makes the pipe of a route by itself, gives none */
  constructor(@Optional() private readonly min: 0 | 1 = 1) {}

  transform(value: string): number {
    const id = parseId(value, this.min);
    if (id === null) throw new ObjectNotExistError();
    return id;
  }
}

/**
 * The ids of a list such as `1,2,3`, each once, in order. Whole numbers that are too large for an id name nothing and are left out.
 * @throws ValidateError on `field` when an element is no whole number or there are more than `max`
 */
export function parseIdList(values: readonly unknown[], field: string, max: number): number[] {
  if (values.length > max) {
    throw ValidateError.of(field, new Text(`最多 ${max} 个`, `At most ${max} are allowed`));
  }
  const wrong = values.find((value) => !/^\d{1,20}$/.test(String(value)));
  if (wrong !== undefined) {
    throw ValidateError.of(field, new Text('请填写以逗号分隔的整数', 'Give whole numbers, separated by commas'));
  }
  return [
    ...new Set(values.map((value) => parseId(String(value).replace(/^0+(?=\d)/, ''))).filter((id) => id !== null)),
  ];
}
