import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { searchPath } from '../../env/process-env.js';

/** Folders with commands that are often not in PATH, those of system managers included. */
const MORE_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];

/** Every folder of PATH and of the usual other places, in this order, then `more`; those that can be looked into, each once. */
export function commandFolders(more: readonly string[] = []): string[] {
  const folders = [...searchPath(), ...MORE_FOLDERS, ...more];
  return [...new Set(folders)].filter(isFolder);
}

/** A PATH inherited from another account may name folders that this one may not even look at. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** `<root>/<entry>/bin` for each entry of `root` that `pattern` fits, the greatest version first. */
export function versionedFolders(root: string, pattern: RegExp): string[] {
  try {
    const entries = readdirSync(root).filter((entry) => pattern.test(entry));
    const byVersion = new Intl.Collator('en', { numeric: true });
    return entries.sort((a, b) => byVersion.compare(b, a)).map((entry) => join(root, entry, 'bin'));
  } catch {
    return [];
  }
}

/** `<folder>/<name>`, or null when it cannot be executed. */
export function executable(folder: string, name: string): string | null {
  const path = join(folder, name);
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : null;
  } catch {
    return null;
  }
}
