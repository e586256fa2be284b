import { readdirSync, readFileSync } from 'node:fs';
import { ERR_CODES } from './err-codes.js';

const TESTS = new URL('../../../test/e2e/', import.meta.url);

/** How a test says which err_code it raises by its real cause: as the first word of its name, or in a table of faults. */
const RAISED = /\bit\('([A-Z_]+): |\berrCode: '([A-Z_]+)'/g;

/** Not how a run ends. */
const UNDER_WAY = ['INIT', 'STILL_RUNNING'];

function raisedCodes(): Set<string> {
  const files = readdirSync(TESTS).filter((name) => name.includes('-codes'));
  const texts = files.map((name) => readFileSync(new URL(name, TESTS), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(RAISED)].map(([, name, field]) => (name ?? field)!)));
}

describe('ERR_CODES', () => {
  it('has an end-to-end test for each way in which a run ends', () => {
    const raised = raisedCodes();
    const ends = Object.keys(ERR_CODES).filter((code) => !UNDER_WAY.includes(code));
    expect(ends.filter((code) => !raised.has(code))).toEqual([]);
  });
});
