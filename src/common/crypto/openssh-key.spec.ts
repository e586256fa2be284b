import { createPublicKey, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import { newSshKeyPair } from './openssh-key.js';

describe('newSshKeyPair', () => {
  it('makes keys that are whole, also those whose public half begins with zeros', () => {
    // One in 256 does; of so many, some nearly always.
    for (let count = 0; count < 1_000; count += 1) {
      const { publicKey, privateKey } = newSshKeyPair();
      const parsed = ssh2.utils.parseKey(privateKey);
      if (parsed instanceof Error) throw parsed;
      expect(`ssh-ed25519 ${parsed.getPublicSSH().toString('base64')}`).toBe(publicKey);
    }
  });

  it('makes halves that belong together', () => {
    const { publicKey, privateKey } = newSshKeyPair();
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error) throw parsed;
    const message = Buffer.from('message');
    const signature = parsed.sign(message) as Buffer;
    const x = Buffer.from(publicKey.split(' ')[1]!, 'base64').subarray(-32).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, message, key, signature)).toBe(true);
  });

  it('makes another one each time', () => {
    expect(newSshKeyPair().privateKey).not.toBe(newSshKeyPair().privateKey);
  });
});
