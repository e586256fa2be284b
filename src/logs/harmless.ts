/** The longest line that is kept; programs print whole files in one. */
export const MAX_LINE_LENGTH = 4_000;

/**
 * Escape sequences of terminals: colours and cursor movements (CSI), titles and links (OSC, DCS and the like, up to
 * their end, which may be missing), and the short ones.
 * @see ECMA-48, 5.4 and 5.6
 */
const TERMINAL_SEQUENCES =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,2000}(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-Z\\^-~]/g;

/**
 * What could change how a line looks elsewhere: C0 and C1 controls, line separators, marks and overrides of writing
 * direction, invisible joiners.
 */
const TREACHEROUS = /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Halves of characters, which UTF-8 cannot say. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * One line of text that is safe to show anywhere: terminal sequences are dropped, what else could deceive is written as
 * its code (`\x07`, `\u202e`), and it is no longer than `MAX_LINE_LENGTH`. Cleaning twice changes nothing more.
 */
export function harmless(text: string): string {
  const cleaned = text
    .slice(0, 4 * MAX_LINE_LENGTH)
    .replace(TERMINAL_SEQUENCES, '')
    .replace(/\t/g, ' ')
    .replace(TREACHEROUS, codeOf);
  const cut = cleaned.length > MAX_LINE_LENGTH ? `${cleaned.slice(0, MAX_LINE_LENGTH)}…` : cleaned;
  return cut.replace(LONE_SURROGATES, '\ufffd');
}

/** The lines of a program's output. A lone carriage return, as of progress bars, begins a line too. */
export function linesOf(output: string): string[] {
  const lines = output.split(/\r\n|\n|\r/).map(harmless);
  return lines.length > 1 ? lines.filter((line) => line.trim() !== '') : lines;
}

function codeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
