import { describe, expect, it } from '@jest/globals';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_LINES, RunQuota } from './run-quota.js';

describe('RunQuota', () => {
  it('says once that the lines of a run are full', () => {
    const quota = new RunQuota();
    for (let line = 0; line < MAX_OUTPUT_LINES; line++) expect(quota.take(1, 1)).toBe('fits');
    expect([quota.take(1, 1), quota.take(1, 1)]).toEqual(['last', 'full']);
    expect(quota.take(2, 1)).toBe('fits');
  });

  it('counts bytes too', () => {
    const quota = new RunQuota();
    expect(quota.take(1, MAX_OUTPUT_BYTES)).toBe('fits');
    expect([quota.take(1, 1), quota.take(1, 1)]).toEqual(['last', 'full']);
  });
});
