import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSecretKey } from './secret-key.js';

describe('resolveSecretKey', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nodeman-key-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('takes the given one and makes no file', () => {
    expect(resolveSecretKey('x'.repeat(32), folder)).toBe('x'.repeat(32));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('makes one that only the owner can read, and keeps it', () => {
    const dataDir = join(folder, 'new');
    const key = resolveSecretKey(undefined, dataDir);
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600);
    expect(resolveSecretKey(undefined, dataDir)).toBe(key);
    expect(readdirSync(dataDir)).toEqual(['secret.key']);
  });

  it('refuses a file whose key is short', () => {
    writeFileSync(join(folder, 'secret.key'), 'short');
    chmodSync(join(folder, 'secret.key'), 0o600);
    expect(() => resolveSecretKey(undefined, folder)).toThrow(/fewer than 32 characters/);
  });
});
