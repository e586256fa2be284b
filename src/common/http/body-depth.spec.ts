import { isTooDeep } from './body-depth.js';

const nested = (depth: number): unknown => JSON.parse('[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2));

describe('isTooDeep', () => {
  it.each([undefined, null, 'text', 5, [], {}, { hosts: [{ inner_ips: 'x' }] }, nested(32)])('passes %#', (body) => {
    expect(isTooDeep(body)).toBe(false);
  });

  it.each([34, 400_000])('refuses a body of %i levels', (depth) => {
    expect(isTooDeep(nested(depth))).toBe(true);
  });

  it('passes a wide body', () => {
    const hosts = Array.from({ length: 200_000 }, (_, i) => ({ inner_ips: `10.0.0.${i}` }));
    expect(isTooDeep({ hosts })).toBe(false);
  });
});
