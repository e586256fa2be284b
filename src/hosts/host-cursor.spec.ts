import fc from 'fast-check';
import { SecretBox } from '../common/crypto/secret-box.js';
import { ValidateError } from '../common/errors/app-error.js';
import type { Env } from '../env/env.js';
import { HostCursors } from './host-cursor.js';

const cursorsOf = (secretKey: string) => new HostCursors(new SecretBox({ secretKey } as Env));

describe('HostCursors', () => {
  const cursors = cursorsOf('a secret key that is long enough for tests');

  it('reads what it wrote, whatever the key of the row is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer(), (key, id) => {
        const cursor = { order: '-version', key, id, page: 7 };
        expect(cursors.read(cursors.write(cursor))).toEqual(cursor);
      }),
    );
  });

  it('refuses everything else', () => {
    const made = cursors.write({ order: '-id', key: '5', id: 5, page: 2 });
    const forged = `${Buffer.from('["-id","x\' OR 1=1",5,2]').toString('base64url')}.${made.split('.')[1]}`;
    const foreign = cursorsOf('another secret key that is long enough').write({
      order: '-id',
      key: '5',
      id: 5,
      page: 2,
    });
    for (const text of ['', '.', 'abc', `${made}x`, made.slice(1), forged, foreign]) {
      expect(() => cursors.read(text)).toThrow(ValidateError);
    }
  });

  it('is safe in a URL', () => {
    expect(cursors.write({ order: 'inner_ip', key: 'fd00::1/128 + ü', id: 5, page: 2 })).toMatch(/^[\w.-]+$/);
  });
});
