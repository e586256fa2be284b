import { parseEnv, Env } from '../../env/env.js';
import { SealBrokenError, SecretBox } from './secret-box.js';

const boxWith = (secretKey: string) => new SecretBox(new Env({ ...parseEnv({}), secretKey }));

describe('SecretBox', () => {
  const box = boxWith('k'.repeat(40));

  it('opens what it sealed, in its place', () => {
    const { ciphertext, keyId } = box.seal('pässwörd 密码', 'credentials:1:PASSWORD');
    expect(ciphertext.includes('pässwörd')).toBe(false);
    expect(box.open(ciphertext, keyId, 'credentials:1:PASSWORD')).toBe('pässwörd 密码');
  });

  it('seals the same text differently each time', () => {
    expect(box.seal('a', 'x').ciphertext).not.toEqual(box.seal('a', 'x').ciphertext);
  });

  it('does not open in another row', () => {
    const { ciphertext, keyId } = box.seal('secret', 'credentials:1:PASSWORD');
    expect(() => box.open(ciphertext, keyId, 'credentials:2:PASSWORD')).toThrow(SealBrokenError);
  });

  it('does not open with another key, nor when that key claims the id', () => {
    const { ciphertext, keyId } = box.seal('secret', 'x');
    const other = boxWith('j'.repeat(40));
    expect(() => other.open(ciphertext, keyId, 'x')).toThrow(SealBrokenError);
    expect(() => other.open(ciphertext, other.seal('', 'x').keyId, 'x')).toThrow(SealBrokenError);
  });

  it('notices each changed byte', () => {
    const { ciphertext, keyId } = box.seal('secret', 'x');
    for (let at = 0; at < ciphertext.length; at++) {
      const changed = Buffer.from(ciphertext);
      changed[at]! ^= 1;
      expect(() => box.open(changed, keyId, 'x')).toThrow(SealBrokenError);
    }
  });
});
