import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataDir } from './data-lock.js';
import { DataDirInUseError } from './launcher.errors.js';

let dataDir: string;
let file: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nodeman-lock-'));
  file = join(dataDir, 'launcher.lock');
});

afterEach(() => rmSync(dataDir, { recursive: true }));

it('lets one in at a time, and the next one when it is given back', () => {
  const unlock = lockDataDir(dataDir);
  expect(() => lockDataDir(dataDir)).toThrow(DataDirInUseError);
  unlock();
  expect(existsSync(file)).toBe(false);
  lockDataDir(dataDir)();
});

it.each([
  ['of a dead process', '4194304 123\n'],
  ['of a process that has the number of a dead one', `${process.pid} 1\n`],
  ['that is empty', ''],
])('takes over a lock %s', (_, content) => {
  writeFileSync(file, content);
  lockDataDir(dataDir)();
  expect(existsSync(file)).toBe(false);
});
