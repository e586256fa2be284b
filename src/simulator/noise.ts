import type { Faults } from './faults.js';

const CHUNK_BYTES = 64 * 1024;
const FLOOD_LINE = 'This line says nothing, and there are very many of them.\n';

/** What a faulty host says before the output of a command. */
export function* noise(faults: Faults): Generator<Buffer> {
  const flood = faults.amount('flood', 1024 ** 3);
  if (flood !== null) {
    yield* repeated(FLOOD_LINE, flood);
    yield Buffer.from('\n');
  }
  const longLine = faults.amount('long-line', 1024 ** 2);
  if (longLine !== null) {
    yield* repeated('long ', longLine);
    yield Buffer.from('\n');
  }
  // A lone continuation byte, an overlong slash, half a character.
  if (faults.has('bad-utf8')) yield Buffer.from([0x62, 0x61, 0x64, 0x80, 0xc0, 0xaf, 0xe4, 0xb8, 0x0a]);
}

function* repeated(words: string, bytes: number): Generator<Buffer> {
  const chunk = Buffer.from(words.repeat(Math.ceil(CHUNK_BYTES / words.length)));
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}
