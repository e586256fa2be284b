import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LauncherError } from '../launcher.errors.js';
import type { Unprivileged } from './unprivileged.js';

const OTHERS_MAY_PASS = 0o001;

/**
 * Sees to it that another account gets as far as these paths, where it is to run something.
 * @throws LauncherError naming the first folder on the way that it may not pass
 */
export function requirePassage({ uid }: Unprivileged, paths: readonly string[]): void {
  if (uid === undefined) return;
  for (const path of paths) {
    const closed = closedFolder(path, uid);
    if (closed === null) continue;
    throw new LauncherError(
      `PostgreSQL refuses to run as root, and account ${uid}, as which it is started, may not pass ${closed} on the way to ${path}.\n` +
        `Let it through with "chmod o+x ${closed}", put that path elsewhere (DATA_DIR for the data), start nodeman as another account, or set DATABASE_URL.`,
    );
  }
}

/** The topmost folder above `path` that others than its owner may not pass; null when the way is open. */
export function closedFolder(path: string, uid: number): string | null {
  const above = dirname(resolve(path));
  if (above === path) return null;
  const higher = closedFolder(above, uid);
  if (higher !== null) return higher;
  const { mode, uid: owner } = statSync(above);
  return owner === uid || (mode & OTHERS_MAY_PASS) !== 0 ? null : above;
}
