import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How a command is run without being root: through a wrapper, or as another account. */
export interface Unprivileged {
  readonly wrapper: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

const AS_WE_ARE: Unprivileged = { wrapper: [] };
const NOBODY = 65534;
/** A user namespace in which our own files look like nobody's: no account, no change of owner. */
const NAMESPACE = ['unshare', '-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * PostgreSQL refuses to run as root. Says how to run it on `folder`, and makes the folder its own where that takes another
 * account; an account is never created.
 */
export function unprivilegedFor(folder: string): Unprivileged {
  if (process.getuid?.() !== 0) return AS_WE_ARE;
  const owner = statSync(folder).uid;
  if (owner === 0 && hasUserNamespaces()) return { wrapper: NAMESPACE };
  const account = owner === 0 ? nobody() : { uid: owner, gid: statSync(folder).gid };
  if (owner === 0) giveTo(folder, account);
  // The folder above is closed to others; let the account through it, not look into it.
  const parent = dirname(folder);
  if (statSync(parent).uid === 0) chmodSync(parent, statSync(parent).mode | 0o011);
  return { wrapper: [], ...account };
}

function hasUserNamespaces(): boolean {
  const [command, ...args] = NAMESPACE;
  return spawnSync(command!, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}

function nobody(): { uid: number; gid: number } {
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return { uid: Number(line?.[1] ?? NOBODY), gid: Number(line?.[2] ?? NOBODY) };
}

function giveTo(path: string, { uid, gid }: { uid: number; gid: number }): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) giveTo(join(path, entry.name), { uid, gid });
    else lchownSync(join(path, entry.name), uid, gid);
  }
}
