import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { quote } from './quote.js';

describe('quote', () => {
  it('gives sh the same arguments back', () => {
    const argument = fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((text) => text.replace(/[\0\ud800-\udfff]/g, "'"));
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 20 }), (list) => {
        const out = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${list.map(quote).join(' ')}`]);
        expect(out.toString().split('\0').slice(0, -1)).toEqual(list);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what no argument can hold', () => {
    expect(() => quote('a\0b')).toThrow(/NUL/);
  });
});
