import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkLibraries } from './embedded-postgres.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nodeman-embedded-'));
  mkdirSync(join(root, 'native/lib'), { recursive: true });
  const link = { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' };
  writeFileSync(join(root, 'native/pg-symlinks.json'), JSON.stringify([link]));
  writeFileSync(join(root, link.source), '');
});

afterEach(() => rmSync(root, { recursive: true }));

it('makes the links that npm could not, once', () => {
  linkLibraries(root);
  linkLibraries(root);
  expect(readlinkSync(join(root, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
});

it('says what to do when it may not', () => {
  rmSync(join(root, 'native/lib'), { recursive: true });
  expect(() => linkLibraries(root)).toThrow(/libpq\.so\.5.*\n.*npm rebuild/);
});
