import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SecretBox } from '../common/crypto/secret-box.js';
import { ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

/** The `cursor` that begins a walk. */
export const FIRST_CURSOR = '*';

/** Where a walk over a list stands: behind the host with this sort key and id. */
export interface Cursor {
  /** Name of the order that the walk was begun with. */
  readonly order: string;
  /** Text of the sort column as Postgres prints it, so that no microsecond is lost. */
  readonly key: string;
  readonly id: number;
  /** Number of the page that follows, for show. */
  readonly page: number;
}

/**
 * Writes and reads cursors. They are signed: what comes back was made here, and so may stand in a query as a value of
 * its column's type without further checks.
 */
@Injectable()
export class HostCursors {
  constructor(private readonly box: SecretBox) {}

  write({ order, key, id, page }: Cursor): string {
    const payload = Buffer.from(JSON.stringify([order, key, id, page])).toString('base64url');
    return `${payload}.${this.sign(payload)}`;
  }

  /** @throws ValidateError on `cursor` when it was not made here */
  read(text: string): Cursor {
    const [payload = '', signature = ''] = text.split('.', 2);
    const expected = Buffer.from(this.sign(payload));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw cursorNotOurs();
    const [order, key, id, page] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
      string,
      string,
      number,
      number,
    ];
    return { order, key, id, page };
  }

  private sign(payload: string): string {
    return this.box.fingerprint(`host cursor ${payload}`).slice(0, 32);
  }
}

function cursorNotOurs(): ValidateError {
  return ValidateError.of(
    'cursor',
    new Text(
      `游标无效，请用 cursor=${FIRST_CURSOR} 重新开始`,
      `The cursor is not valid; begin again with cursor=${FIRST_CURSOR}`,
    ),
  );
}
