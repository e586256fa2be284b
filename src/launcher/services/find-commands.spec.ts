import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandFolders, executable, versionedFolders } from './find-commands.js';

describe('finding commands', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'nodeman-find-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  it('passes over folders that cannot be looked into', () => {
    // A loop of links fails for root too, as a forbidden folder does for others.
    symlinkSync('loop', join(root, 'loop'));
    writeFileSync(join(root, 'file'), '');
    mkdirSync(join(root, 'good'));
    const folders = commandFolders(['loop', 'file', 'missing', 'good', 'good'].map((name) => join(root, name)));
    expect(folders.filter((folder) => folder.startsWith(root))).toEqual([join(root, 'good')]);
  });

  it('takes the greatest version first', () => {
    for (const version of ['9', '16', '10', 'x']) mkdirSync(join(root, version));
    expect(versionedFolders(root, /^\d+$/)).toEqual(['16', '10', '9'].map((version) => join(root, version, 'bin')));
    expect(versionedFolders(join(root, 'missing'), /./)).toEqual([]);
  });

  it('finds only what can be executed', () => {
    writeFileSync(join(root, 'command'), '', { mode: 0o755 });
    writeFileSync(join(root, 'text'), '', { mode: 0o644 });
    mkdirSync(join(root, 'folder'));
    expect(['command', 'text', 'folder', 'missing'].map((name) => executable(root, name))).toEqual([
      join(root, 'command'),
      null,
      null,
      null,
    ]);
  });
});
