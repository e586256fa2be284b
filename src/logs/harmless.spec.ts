import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { harmless, linesOf, MAX_LINE_LENGTH } from './harmless.js';

describe('harmless', () => {
  it.each([
    ['plain 文字 ✓ 😀', 'plain 文字 ✓ 😀'],
    ['\x1b[1;31mred\x1b[0m', 'red'],
    ['\x9b31mred', 'red'],
    ['\x1b]0;title\x07text', 'text'],
    ['\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['\x1bcreset', 'reset'],
    ['a\tb', 'a b'],
    ['a\rb\nc\0d\x7f', 'a\\x0db\\x0ac\\x00d\\x7f'],
    ['abc\u202ecba', 'abc\\u202ecba'],
    ['line\u2028separator\u2029', 'line\\u2028separator\\u2029'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['half \ud83d', 'half \ufffd'],
  ])('%j becomes %j', (text, cleaned) => {
    expect(harmless(text)).toBe(cleaned);
  });

  it('leaves nothing that could deceive, and changes nothing the second time', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\x1b', '[', ']', '\x9b', '\u202e', '\r', '\ud800', 'm', '\\'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(nasty, (text) => {
        const cleaned = harmless(text);
        expect(cleaned).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Surrogate}]/u);
        expect(harmless(cleaned)).toBe(cleaned);
      }),
    );
  });

  it('cuts what is too long', () => {
    expect(harmless('x'.repeat(MAX_LINE_LENGTH))).toHaveLength(MAX_LINE_LENGTH);
    const cut = harmless('\x01'.repeat(1_000_000));
    expect(cut).toHaveLength(MAX_LINE_LENGTH + 1);
    expect(harmless(cut)).toBe(cut);
  });
});

describe('linesOf', () => {
  it('splits at every kind of line end, and drops blank lines', () => {
    expect(linesOf('one\r\ntwo\n\n10%\r20%\r')).toEqual(['one', 'two', '10%', '20%']);
  });

  it('keeps a blank line that was meant to be one', () => {
    expect(linesOf('')).toEqual(['']);
  });
});
