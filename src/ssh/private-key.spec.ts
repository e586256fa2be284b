import { generateKeyPairSync } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { newSshKeyPair } from '../common/crypto/openssh-key.js';
import { fingerprintOf } from './host-key.js';
import { readPrivateKey } from './private-key.js';

const spki = { type: 'spki', format: 'pem' } as const;
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;

function pkcs8Of(type: 'ed25519' | 'rsa' | 'ec' | 'x25519'): string {
  const encodings = { publicKeyEncoding: spki, privateKeyEncoding: pkcs8 };
  const generate = generateKeyPairSync as (type: string, options: object) => { privateKey: string };
  return generate(type, { modulusLength: 2048, namedCurve: 'P-256', ...encodings }).privateKey;
}

describe('readPrivateKey', () => {
  it('reads a key with CRLF and blanks around it', () => {
    const { pem } = readPrivateKey(pkcs8Of('ed25519'));
    const { fingerprint } = readPrivateKey(pem);
    expect(fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(readPrivateKey(` \r\n${pem.replaceAll('\n', '\r\n')}  `).fingerprint).toBe(fingerprint);
  });

  it.each([
    ['ed25519', 'ssh-ed25519'],
    ['rsa', 'ssh-rsa'],
    ['ec', 'ecdsa-sha2-nistp256'],
  ] as const)('reads PKCS#8 of %s, which can sign', (type, sshType) => {
    const key = readPrivateKey(pkcs8Of(type));
    expect(key.type).toBe(sshType);
    const parsed = ssh2.utils.parseKey(key.pem) as ParsedKey;
    const signature = parsed.sign('words', type === 'rsa' ? 'sha256' : undefined) as unknown as Buffer;
    expect(parsed.verify('words', signature, type === 'rsa' ? 'sha256' : undefined)).toBe(true);
  });

  it('reads every key that we make', () => {
    // One in 256 begins with a zero, which must not get lost.
    for (let count = 0; count < 500; count += 1) {
      const { publicKey, privateKey } = newSshKeyPair();
      const blob = Buffer.from(publicKey.split(' ')[1]!, 'base64');
      expect(readPrivateKey(privateKey)).toMatchObject({ type: 'ssh-ed25519', fingerprint: fingerprintOf(blob) });
    }
  });

  it('tells a key with a passphrase from one that is unreadable', () => {
    const { private: locked } = ssh2.utils.generateKeyPairSync('ed25519', {
      passphrase: 'x',
      cipher: 'aes256-cbc',
      rounds: 4,
    });
    const pkcs8Locked = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n';
    for (const key of [locked, pkcs8Locked]) {
      expect(() => readPrivateKey(key)).toThrow(expect.objectContaining({ kind: 'key-needs-passphrase' }));
    }
    const { private: whole, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519');
    for (const key of ['', 'x', whole.slice(0, 150), publicKey, pkcs8Of('x25519'), '-----BEGIN PRIVATE KEY-----\nx']) {
      expect(() => readPrivateKey(key)).toThrow(expect.objectContaining({ kind: 'key-unreadable' }));
    }
  });
});
