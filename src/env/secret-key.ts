import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EnvError } from './env.js';

const MIN_LENGTH = 32;

/**
 * The secret key of this installation: `SECRET_KEY`, or the one kept in `DATA_DIR/secret.key`, which is made (mode 0600)
 * when there is none. Processes that start together agree on one: the file appears whole or not at all.
 * @throws EnvError when the file holds too short a key
 */
export function resolveSecretKey(secretKey: string | undefined, dataDir: string): string {
  if (secretKey) return secretKey;
  const folder = resolve(dataDir);
  const file = join(folder, 'secret.key');
  const found = readIfExists(file) ?? make(folder, file);
  if (found.length < MIN_LENGTH) {
    throw new EnvError([`SECRET_KEY: ${file} holds fewer than ${MIN_LENGTH} characters; restore it from a backup`]);
  }
  return found;
}

function readIfExists(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function make(folder: string, file: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(file, 'utf8').trim();
}
