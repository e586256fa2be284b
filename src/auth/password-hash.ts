import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** Bounds of a password, in characters. */
export const PASSWORD_LENGTH = { min: 8, max: 256 } as const;

/** Fits no password, and costs as much to try as a real one: what an unknown name is checked against. */
const NOBODY = encode(COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(KEY_BYTES));

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * `scrypt$N$r$p$salt$key`, salt and key in base64. Takes about 120 ms of one core and 32 MiB: call it inside
 * `HashingQueue.run`.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return encode(COST, salt, await stretch(password, salt, COST, KEY_BYTES));
}

/**
 * Whether `password` is the one behind `stored`. Null stands for a user that does not exist: the answer is no, after the
 * same work. Call it inside `HashingQueue.run`.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const { cost, salt, key } = decode(stored ?? NOBODY);
  const matches = timingSafeEqual(await stretch(password, salt, cost, key.length), key);
  return matches && stored !== null;
}

function stretch(password: string, salt: Buffer, cost: Cost, length: number): Promise<Buffer> {
  // Node's default limit is 32 MiB, which is just what these parameters need without their overhead.
  const maxmem = 256 * cost.N * cost.r;
  // One password, however the keyboard composes its accents.
  return derive(password.normalize('NFKC'), salt, length, { ...cost, maxmem });
}

function encode({ N, r, p }: Cost, salt: Buffer, key: Buffer): string {
  return ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join('$');
}

function decode(stored: string): { cost: Cost; salt: Buffer; key: Buffer } {
  const [scheme, N, r, p, salt = '', key = ''] = stored.split('$');
  if (scheme !== 'scrypt' || !salt || !key)
    throw new Error('A stored password hash is not of the form scrypt$N$r$p$salt$key');
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  };
}
