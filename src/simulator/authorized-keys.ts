import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';

/** Where a simulated host keeps the keys of its account, below its root. */
export const AUTHORIZED_KEYS_FILE = 'home/.ssh/authorized_keys';

/** What a login may do. @see sshd(8), AUTHORIZED_KEYS FILE FORMAT */
export interface Permissions {
  mayForward: boolean;
  /** Runs in place of whatever is asked for. */
  forcedCommand: string | null;
}

export interface AuthorizedKey extends Permissions {
  key: ParsedKey;
}

export const ALL_PERMISSIONS: Permissions = { mayForward: true, forcedCommand: null };

const OPTION = /^([A-Za-z-]+)(?:="((?:[^"\\]|\\.)*)")?(?:,|\s+|$)/;
const KEY_TYPE = /^(ssh-|ecdsa-|sk-)/;

/** The keys in the file as it is now; none when there is no file. Lines that nobody can read are passed over, as sshd does. */
export async function readAuthorizedKeys(root: string): Promise<AuthorizedKey[]> {
  const text = await readFile(join(root, AUTHORIZED_KEYS_FILE), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => authorizedKeyIn(line.trim()) ?? []);
}

/** @returns null for a comment, an empty line and a line that cannot be read */
export function authorizedKeyIn(line: string): AuthorizedKey | null {
  if (line === '' || line.startsWith('#')) return null;
  const permissions = { ...ALL_PERMISSIONS };
  let rest = line;
  while (!KEY_TYPE.test(rest)) {
    const [all, name, value] = OPTION.exec(rest) ?? [];
    if (all === undefined || name === undefined) return null;
    apply(permissions, name.toLowerCase(), value?.replaceAll('\\"', '"'));
    rest = rest.slice(all.length);
  }
  const parsed = ssh2.utils.parseKey(rest);
  if (parsed instanceof Error) return null;
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | undefined;
  return key ? { key, ...permissions } : null;
}

function apply(permissions: Permissions, option: string, value: string | undefined): void {
  if (option === 'restrict' || option === 'no-port-forwarding') permissions.mayForward = false;
  if (option === 'port-forwarding') permissions.mayForward = true;
  if (option === 'command' && value !== undefined) permissions.forcedCommand = value;
}
