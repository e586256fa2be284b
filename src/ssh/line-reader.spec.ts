import * as fc from 'fast-check';
import { LineReader, OutputBudget } from './line-reader.js';

const PREFIX = '@nm:1:';

function read(
  chunks: readonly Buffer[],
  limit: number,
  alwaysPrefix?: string,
): { lines: string[]; budget: OutputBudget } {
  const lines: string[] = [];
  const budget = new OutputBudget(limit);
  const reader = new LineReader(budget, (line) => lines.push(line), alwaysPrefix);
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return { lines, budget };
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  return [...chunks, bytes.subarray(from)];
}

describe('LineReader', () => {
  const word = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/[\r\n\ud800-\udfff]/g, '中'));

  it('reads the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(word), fc.array(fc.nat(7)), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const { lines: seen, budget } = read(cut(bytes, sizes), 1_000_000);
        expect(seen).toEqual(lines);
        expect(budget.droppedBytes).toBe(0);
      }),
    );
  });

  it('passes the lines with the prefix beyond the limit, however the bytes are cut', () => {
    const line = fc.oneof(
      word,
      fc.constantFrom('@', '@nm', '@nm:1', `x${PREFIX}no`),
      word.map((text) => PREFIX + text),
    );
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(9)), fc.nat(300), (lines, sizes, limit) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
        const { lines: seen, budget } = read(cut(bytes, sizes), limit, PREFIX);
        expect(seen.filter((each) => each.startsWith(PREFIX))).toEqual(lines.filter((each) => each.startsWith(PREFIX)));
        expect(budget.receivedBytes).toBe(bytes.length);
      }),
    );
  });

  it('cuts a line at 8 KiB, not within a character, and counts the rest', () => {
    const { lines, budget } = read([Buffer.from('中'.repeat(5_000)), Buffer.from('x\nnext')], 1_000_000);
    expect(lines).toEqual(['中'.repeat(2730), 'next']);
    expect(budget.droppedBytes).toBe(15_001 - 8192);
  });

  it('replaces what is no UTF-8 and takes CRLF for a line ending', () => {
    expect(read([Buffer.from([0x61, 0xff, 0x0d, 0x0a, 0x0d, 0x0a])], 1_000).lines).toEqual(['a\ufffd', '']);
  });

  it('lets empty lines cost something', () => {
    expect(read([Buffer.from('\n'.repeat(100_000))], 65_000).lines).toHaveLength(1_000);
  });
});
