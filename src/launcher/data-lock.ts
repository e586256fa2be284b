import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirInUseError } from './launcher.errors.js';
import { isAlive, startMark } from './process-table.js';

const ATTEMPTS = 5;

/**
 * Makes this process the only launcher on `dataDir`; a lock left behind by a dead one is taken over.
 * Returns the function that gives the lock back.
 * @throws DataDirInUseError while another launcher lives
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'launcher.lock');
  const mine = `${process.pid} ${startMark(process.pid) ?? '-'}\n`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(file, mine)) return () => release(file, mine);
    const theirs = readIfExists(file);
    if (theirs === null) continue;
    const pid = Number.parseInt(theirs, 10);
    if (isHeld(theirs)) throw new DataDirInUseError(dataDir, pid);
    removeStale(file, theirs);
  }
  throw new DataDirInUseError(dataDir, Number.parseInt(readIfExists(file) ?? '0', 10));
}

/** The lock appears whole or not at all, so nobody reads half of it. */
function create(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft);
  }
}

function isHeld(content: string): boolean {
  const [pid = '', ...mark] = content.trim().split(' ');
  if (!/^\d+$/.test(pid) || !isAlive(Number(pid))) return false;
  const current = startMark(Number(pid));
  return current === null || current === mark.join(' ');
}

/** Two newcomers may see the same stale lock: whoever moves a fresh one away by mistake puts it back. */
function removeStale(file: string, seen: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, file);
    rmSync(aside);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    rmSync(aside, { force: true });
  }
}

function release(file: string, mine: string): void {
  if (readIfExists(file) === mine) rmSync(file, { force: true });
}

function readIfExists(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
