import { scryptSync } from 'node:crypto';
import { hashPassword, verifyPassword } from './password-hash.js';

describe('password hashes', () => {
  const password = 'pä$$ word 电池';
  let stored: string;
  beforeAll(async () => {
    stored = await hashPassword(password);
  });

  it('say how they were made and hold no password', () => {
    expect(stored).toMatch(/^scrypt\$32768\$8\$1\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/);
  });

  it('fit the password, also with its accents composed in another way', async () => {
    expect(await verifyPassword(password, stored)).toBe(true);
    expect(await verifyPassword(password.normalize('NFD'), stored)).toBe(true);
  });

  it('fit no other password', async () => {
    expect(await verifyPassword(`${password} `, stored)).toBe(false);
    expect(await verifyPassword('', stored)).toBe(false);
  });

  it('differ for the same password', async () => {
    expect(await hashPassword(password)).not.toBe(stored);
  });

  it('are still read when they were made with other parameters', async () => {
    const key = scryptSync('it', 'salt', 64, { N: 16, r: 4, p: 2 }).toString('base64');
    const cheap = `scrypt$16$4$2$${Buffer.from('salt').toString('base64')}$${key}`;
    expect(await verifyPassword('it', cheap)).toBe(true);
    expect(await verifyPassword('not it', cheap)).toBe(false);
  });

  it('are refused loudly when they are something else', async () => {
    await expect(verifyPassword(password, 'plain text')).rejects.toThrow('not of the form');
  });

  it('cost as much to check for a user that does not exist', async () => {
    const durationOf = async (work: () => Promise<boolean>) => {
      const startedAt = process.hrtime.bigint();
      expect(await work()).toBe(false);
      return Number(process.hrtime.bigint() - startedAt);
    };
    const nobody = await durationOf(() => verifyPassword(password, null));
    const wrong = await durationOf(() => verifyPassword('wrong', stored));
    expect(nobody / wrong).toBeGreaterThan(0.2);
    expect(nobody / wrong).toBeLessThan(5);
  });
});
