import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Env } from '../../env/env.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A secret as it is stored. */
export interface Sealed {
  /** IV, authentication tag and ciphertext, in this order. */
  ciphertext: Buffer;
  /** Names the secret key, so that another one can follow it. */
  keyId: string;
}

/** What was sealed cannot be opened: another key, another row, or changed bytes. Which one is not told. */
export class SealBrokenError extends Error {
  constructor() {
    super('A stored secret cannot be decrypted with the present SECRET_KEY');
    this.name = 'SealBrokenError';
  }
}

/** Encrypts small secrets with AES-256-GCM under a key derived from `SECRET_KEY`. */
@Injectable()
export class SecretBox {
  private readonly sealingKey: Buffer;
  private readonly hashingKey: Buffer;
  private readonly keyId: string;

  constructor(env: Env) {
    const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', env.secretKey!, 'nodeman', purpose, 32));
    this.sealingKey = derive('seal');
    this.hashingKey = derive('fingerprint');
    this.keyId = derive('key id').subarray(0, 6).toString('hex');
  }

  /** @param aad where the secret belongs, such as `credentials:42:PASSWORD`; it opens nowhere else */
  seal(plain: string, aad: string): Sealed {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.sealingKey, iv).setAAD(Buffer.from(aad));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return { ciphertext: Buffer.concat([iv, cipher.getAuthTag(), sealed]), keyId: this.keyId };
  }

  /** @throws SealBrokenError */
  open(ciphertext: Buffer, keyId: string, aad: string): string {
    if (keyId !== this.keyId || ciphertext.length < IV_BYTES + TAG_BYTES) throw new SealBrokenError();
    const iv = ciphertext.subarray(0, IV_BYTES);
    const tag = ciphertext.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.sealingKey, iv, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(aad))
        .setAuthTag(tag);
      return Buffer.concat([decipher.update(ciphertext.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    } catch {
      throw new SealBrokenError();
    }
  }

  /** A keyed hash: equal texts have equal ones, and nobody without the key can guess a text from it. */
  fingerprint(text: string): string {
    return createHmac('sha256', this.hashingKey).update(text).digest('hex');
  }
}
