import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Faults } from './faults.js';
import { type ToolFaults, toolFaultsOf } from './tool-faults.js';

/** Where a simulated host has programs of its own, below its root. */
const FOLDER = 'usr/bin';

/**
 * Gives a host the programs that its faults ask for: they stand before the system's, do their harm, and leave the rest to
 * the real ones.
 * @param path the PATH of a host without faults
 * @returns the PATH of this host
 */
export async function makeTools(root: string, faults: Faults, path: string): Promise<string> {
  const folder = join(root, FOLDER);
  await rm(folder, { recursive: true, force: true });
  const { wrapped, missing }: ToolFaults = toolFaultsOf(faults);
  if (wrapped.size === 0 && missing.size === 0) return path;
  await mkdir(folder, { recursive: true });
  for (const [name, lines] of wrapped) {
    const real = missing.has(name) ? null : await realProgram(name, path);
    if (real === null) continue;
    const text = ['#!/bin/sh', `real=${quoted(real)}`, ...lines, 'exec "$real" "$@"', ''].join('\n');
    await writeFile(join(folder, name), text, { mode: 0o755 });
  }
  if (missing.size === 0) return `${folder}:${path}`;
  // What stands in the PATH cannot be hidden, so all the rest comes here, and nothing else is in the PATH.
  await linkAllBut(missing, path, folder);
  return folder;
}

async function linkAllBut(missing: ReadonlySet<string>, path: string, folder: string): Promise<void> {
  const taken = new Set([...missing, ...(await readdir(folder))]);
  for (const from of path.split(':')) {
    const names = (await readdir(from).catch(() => [])).filter((name) => !taken.has(name));
    await Promise.all(names.map((name) => symlink(join(from, name), join(folder, name))));
    for (const name of names) taken.add(name);
  }
}

async function realProgram(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(':')) {
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return null;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
