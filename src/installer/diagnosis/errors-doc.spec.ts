import { readFileSync } from 'node:fs';
import { describeErrors } from '../../common/vocabulary/errors-doc.js';
import { RULES } from './rules.js';

describe('docs/errors.md', () => {
  it('is what the tables of the source say; npm run docs writes it', () => {
    expect(readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')).toBe(describeErrors(RULES));
  });
});
