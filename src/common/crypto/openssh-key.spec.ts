import { createPrivateKey, createPublicKey } from 'node:crypto';
import { newSshKeyPair } from './openssh-key.js';

/** Of the type's name, and of the 32 bytes after it. */
const BLOB_BYTES = 4 + 11 + 4 + 32;

function bytesOf({ publicKey, privateKey }: { publicKey: string; privateKey: string }) {
  const blob = Buffer.from(publicKey.split(' ')[1]!, 'base64');
  const body = Buffer.from(privateKey.split('\n').slice(1, -2).join(''), 'base64');
  return { blob, body };
}

describe('newSshKeyPair', () => {
  it('makes keys that are whole, also those whose public half begins with zeros', () => {
    // One in 256 does; of so many, some nearly always.
    for (let count = 0; count < 1_000; count += 1) {
      const { blob, body } = bytesOf(newSshKeyPair());
      expect([blob.length, body.subarray(0, 15).toString(), body.length]).toEqual([
        BLOB_BYTES,
        'openssh-key-v1\0',
        234,
      ]);
    }
  });

  it('makes halves that belong together', () => {
    const { blob, body } = bytesOf(newSshKeyPair());
    const half = blob.subarray(-32);
    // The secret is the seed and the public half once more.
    const at = body.lastIndexOf(half) - 32;
    const key = { kty: 'OKP', crv: 'Ed25519', x: half.toString('base64url') };
    const d = body.subarray(at, at + 32).toString('base64url');
    const whole = createPublicKey(createPrivateKey({ key: { ...key, d }, format: 'jwk' }));
    expect(whole.export({ format: 'jwk' })).toEqual(key);
  });

  it('makes another one each time', () => {
    expect(newSshKeyPair().privateKey).not.toBe(newSshKeyPair().privateKey);
  });
});
