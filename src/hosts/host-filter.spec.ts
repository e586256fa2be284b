import { containing } from './host-filter.js';

describe('containing', () => {
  it('makes a pattern', () => {
    expect(containing('10.0')).toBe('%10.0%');
  });

  it('takes wildcards of the user for what they are', () => {
    expect(containing('50%_\\')).toBe('%50\\%\\_\\\\%');
  });
});
