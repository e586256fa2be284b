import fc from 'fast-check';
import { compareVersions } from './version-order.js';

const ASCENDING = [
  '0.9',
  '1',
  '1.0',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.0+build.2',
  '1.0.0+build.11',
  '1.2.9',
  '1.2.10',
  '1.10.0',
  '2.0.0',
  '20260101.99999999999999999999',
  '20260101.100000000000000000000',
];

describe('the order of versions', () => {
  it.each(ASCENDING.slice(1).map((later, i) => [ASCENDING[i]!, later]))('%s comes before %s', (earlier, later) => {
    expect(compareVersions(earlier, later)).toBeLessThan(0);
    expect(compareVersions(later, earlier)).toBeGreaterThan(0);
  });

  it('does not mind a v in front', () => expect(Math.abs(compareVersions('v1.2.10', '1.2.9'))).toBe(1));

  const version = fc.stringMatching(/^[0-9a-z][0-9a-z.+-]{0,12}$/);

  it('is the same whichever comes first, and equal only for equal texts', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(compareVersions(a, b)).toBe(-compareVersions(b, a) + 0);
        expect(compareVersions(a, b) === 0).toBe(a === b);
      }),
    );
  });

  it('sorts any list one way', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 8 }), (versions) => {
        const sorted = [...versions].sort(compareVersions);
        expect([...versions].reverse().sort(compareVersions)).toEqual(sorted);
      }),
    );
  });
});
