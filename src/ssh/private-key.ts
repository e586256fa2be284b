import { createPrivateKey } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { opensshPrivateKey } from '../common/crypto/openssh-key.js';
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
    if (key.asymmetricKeyType === 'ed25519') return opensshPrivateKey(key);
  } catch (error) {
    throw keyUnreadable((error as Error).message);
  }
  throw keyUnreadable('no algorithm of this key works with SSH');
}
