import { evidenceOf } from './evidence.js';

describe('evidenceOf', () => {
  it('masks the secret that a hostile host sends back', () => {
    expect(evidenceOf('you said pass$word!', ['pass$word'])).toBe('you said ******!');
  });

  it('is one short line without control characters', () => {
    expect(evidenceOf('a\r\nb\u001b[31m\u202ec\u2028d')).toBe('a b [31m c d');
    expect(evidenceOf('x'.repeat(1_000))).toHaveLength(301);
  });
});
