import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedFolder, requirePassage } from './passage.js';

const STRANGER = 54_321;
let base: string;
let path: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'nodeman-test-'));
  chmodSync(base, 0o755);
  path = join(base, 'closed/open/program');
  mkdirSync(path, { recursive: true });
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

it('names the topmost folder that others may not pass', () => {
  chmodSync(join(base, 'closed'), 0o700);
  expect(closedFolder(path, STRANGER)).toBe(join(base, 'closed'));
  expect(() => requirePassage({ wrapper: [], uid: STRANGER }, [path])).toThrow(
    `may not pass ${join(base, 'closed')} on the way to ${path}`,
  );
});

it('has nothing against a way that is open, that one owns, or that nobody else has to go', () => {
  requirePassage({ wrapper: [], uid: STRANGER }, [path]);
  chmodSync(join(base, 'closed'), 0o700);
  requirePassage({ wrapper: [], uid: process.getuid!() }, [path]);
  requirePassage({ wrapper: [] }, [path]);
});
