import { Text } from '../common/i18n/text.js';
import { PackageRefusedError } from './package.errors.js';

/** What a package says about itself. @see docs/agent-package.md */
export interface PackageManifest {
  name: string;
  version: string;
  os: string;
  arch: string;
  /** Everything in the file, the above and the programs that start, stop and ask the agent. */
  values: Record<string, string>;
}

/** Keys whose values are programs inside the package. */
export const PROGRAM_KEYS = ['start', 'stop', 'status'] as const;

/** Names and versions become file names and arguments of shell commands on targets. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const KIND = /^[A-Za-z0-9][A-Za-z0-9_]{0,31}$/;
/** A path that needs no quoting, relative, without `..`. */
const PROGRAM = /^(?!\/)(?!(.*\/)?\.\.(\/|$))(?!.*\/\/)[A-Za-z0-9._/+-]{1,200}(?<!\/)$/;
const REQUIRED: Readonly<Record<string, RegExp>> = {
  name: WORD,
  version: WORD,
  os: KIND,
  arch: KIND,
  ...Object.fromEntries(PROGRAM_KEYS.map((key) => [key, PROGRAM])),
};
const MAX_VALUE_LENGTH = 1_000;

/**
 * Reads `key=value` lines; blank lines and lines that start with # are passed over.
 * @throws PackageRefusedError
 */
export function parseManifest(text: string): PackageManifest {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, key, value] = /^([a-z][a-z0-9_.-]{0,63})=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || !isPlain(value)) throw refused(`"${line.slice(0, 80)}"`);
    // The first would hold on targets and the last here.
    if (values.has(key)) throw refused(`${key} (×2)`);
    values.set(key, value);
  }
  for (const [key, pattern] of Object.entries(REQUIRED)) {
    if (!pattern.test(values.get(key) ?? '')) throw refused(key);
  }
  const [name, version, os, arch] = ['name', 'version', 'os', 'arch'].map((key) => values.get(key)!);
  return { name: name!, version: version!, os: os!, arch: arch!, values: Object.fromEntries(values) };
}

/** The name under which a package is kept and served. */
export function fileNameOf({
  name,
  version,
  os,
  arch,
}: Pick<PackageManifest, 'name' | 'version' | 'os' | 'arch'>): string {
  return `${name}-${version}-${os}-${arch}.tgz`;
}

/** Whether a text could be the name of a package's file. */
export function isFileName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]{0,254}$/.test(text);
}

function isPlain(value: string): boolean {
  return value.length <= MAX_VALUE_LENGTH && !/[\p{Cc}\p{Cs}\ufffd]/u.test(value);
}

function refused(what: string): PackageRefusedError {
  return new PackageRefusedError(
    new Text(`manifest 中的 ${what} 缺失或不合法`, `In the manifest, ${what} is missing or not valid`),
  );
}
