import { createPrivateKey, type KeyObject } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { fingerprintOf } from './host-key.js';
import { keyNeedsPassphrase, keyUnreadable } from './ssh-error-texts.js';

/** A private key that ssh2 takes. */
export interface ReadablePrivateKey {
  pem: string;
  type: string;
  /** Of its public half: what the account's authorized_keys must hold. */
  fingerprint: string;
}

/**
 * Reads a private key as people paste it: OpenSSH, PEM, PKCS#8 or PuTTY; with CRLF and blanks around it.
 *
 * It must be done before connecting, because ssh2 throws a bad key at its caller, in the middle of `connect`.
 * @throws SshError of kind `key-unreadable` or `key-needs-passphrase`
 */
export function readPrivateKey(pasted: string): ReadablePrivateKey {
  const pem = fromPkcs8(`${pasted.replace(/\r\n?/g, '\n').trim()}\n`);
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) {
    throw /encrypted/i.test(parsed.message) ? keyNeedsPassphrase() : keyUnreadable(parsed.message);
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key?.isPrivateKey()) throw keyUnreadable('it is a public key');
  return { pem, type: key.type, fingerprint: fingerprintOf(key.getPublicSSH()) };
}

/** ssh2 reads no PKCS#8, which is what `openssl genpkey` and `ssh-keygen -m PKCS8` write. */
function fromPkcs8(pem: string): string {
  if (pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----')) throw keyNeedsPassphrase();
  if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) return pem;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString();
    if (key.asymmetricKeyType === 'ed25519') return openSshEd25519(key);
  } catch (error) {
    throw keyUnreadable((error as Error).message);
  }
  throw keyUnreadable('no algorithm of this key works with SSH');
}

/** @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function openSshEd25519(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const publicBlob = Buffer.concat([field('ssh-ed25519'), field(publicKey)]);
  const secret = field(Buffer.concat([Buffer.from(d, 'base64url'), publicKey]));
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

/** A length and its bytes. @see RFC 4251, 5 */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
