import { createHash } from 'node:crypto';
import type { PresentedHostKey } from './ssh-session.js';

/**
 * Reads the key blob of the handshake.
 * @throws Error when it is too short to name its type
 * @see RFC 4253, 6.6
 */
export function readHostKey(blob: Buffer): PresentedHostKey {
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) throw new Error('The host key names no type');
  return {
    type: blob.toString('latin1', 4, 4 + length),
    publicKey: blob.toString('base64'),
    fingerprint: fingerprintOf(blob),
  };
}

/** `SHA256:…` of a key blob, as `ssh-keygen -l` prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The signature algorithms to ask for, so that the server shows its key of this type and no other. */
export function signatureAlgorithmsOf(keyType: string): string[] {
  return keyType === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [keyType];
}
