import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** The password kept in `file` (mode 0600); made when there is none. Letters and digits only, so it fits any URL. */
export function passwordIn(file: string, bytes = 24): string {
  try {
    const found = readFileSync(file, 'utf8').trim();
    if (found) return found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const password = randomBytes(bytes).toString('hex');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}
