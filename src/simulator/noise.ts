import type { Faults } from './faults.js';

const CHUNK_BYTES = 64 * 1024;
const FLOOD_LINE = 'This line says nothing, and there are very many of them.\n';
/** Clears the screen, colours, names the window, links, overwrites a line, rings, turns text around, and C1's own way to begin. */
const ESCAPES =
  '\x1b[2J\x1b[H\x1b[31mred\x1b[0m \x1b]0;a title\x07 \x1b]8;;http://192.0.2.1/\x1b\\a link\x1b]8;;\x1b\\ \x07' +
  ' 10%\r100% \u202egnirts\u202c \u2066isolate\u2069 \u009b1m \x7f\x08\x00\n';

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
  if (faults.has('escapes')) yield Buffer.from(ESCAPES);
  // A lone continuation byte, an overlong slash, half a character.
  if (faults.has('bad-utf8')) yield Buffer.from([0x62, 0x61, 0x64, 0x80, 0xc0, 0xaf, 0xe4, 0xb8, 0x0a]);
}

function* repeated(words: string, bytes: number): Generator<Buffer> {
  const chunk = Buffer.from(words.repeat(Math.ceil(CHUNK_BYTES / words.length)));
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}
