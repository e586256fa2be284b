import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** An SSH key in the forms that OpenSSH writes. */
export interface SshKeyPair {
  /** `ssh-ed25519 AAAA…`, without a comment. */
  publicKey: string;
  /** OpenSSH PEM, without a passphrase. */
  privateKey: string;
}

/** A new Ed25519 key. Not ssh2's: of those one in 256 is malformed, since it takes zeros off the front of the public half. */
export function newSshKeyPair(): SshKeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { publicBlob } = partsOf(privateKey);
  return { publicKey: `ssh-ed25519 ${publicBlob.toString('base64')}`, privateKey: opensshPrivateKey(privateKey) };
}

/**
 * An Ed25519 key as OpenSSH keeps it.
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function opensshPrivateKey(key: KeyObject): string {
  const { publicKey, publicBlob, seed } = partsOf(key);
  const secret = field(Buffer.concat([seed, publicKey]));
  const unpadded = Buffer.concat([Buffer.alloc(8), publicBlob, secret, field('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (unpadded.length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field(''), Buffer.from([0, 0, 0, 1])],
    field(publicBlob),
    field(Buffer.concat([unpadded, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}

function partsOf(key: KeyObject): { publicKey: Buffer; publicBlob: Buffer; seed: Buffer } {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const publicBlob = Buffer.concat([field('ssh-ed25519'), field(publicKey)]);
  return { publicKey, publicBlob, seed: Buffer.from(d, 'base64url') };
}

/** A length and its bytes. @see RFC 4251, 5 */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
