/** On a terminal the table is redrawn; elsewhere a line is written per change. */
interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface TableRow {
  /** What the row is about; the same row has the same key. */
  readonly key: string;
  readonly cells: readonly string[];
}

/** A table that changes while one looks at it. */
export class LiveTable {
  private drawnLines = 0;
  private shown = new Map<string, string>();

  constructor(
    private readonly headings: readonly string[],
    private readonly output: Output = process.stdout,
  ) {}

  show(rows: readonly TableRow[]): void {
    const lines = layOut([this.headings, ...rows.map(({ cells }) => cells)]);
    if (this.output.isTTY) this.redraw(lines);
    else this.appendChanges(rows, lines);
  }

  /** Up to the first line, each line cleared and written anew: no flicker, and what stands above stays. */
  private redraw(lines: readonly string[]): void {
    const up = this.drawnLines > 0 ? `\x1b[${this.drawnLines}A` : '';
    this.output.write(up + lines.map((line) => `\x1b[2K${line}\n`).join(''));
    this.drawnLines = lines.length;
  }

  private appendChanges(rows: readonly TableRow[], [heading = '', ...lines]: readonly string[]): void {
    if (this.shown.size === 0) this.output.write(`${heading}\n`);
    rows.forEach(({ key, cells }, index) => {
      const content = cells.join('\0');
      if (this.shown.get(key) === content) return;
      this.shown.set(key, content);
      this.output.write(`${lines[index]}\n`);
    });
  }
}

/** Pads cells so that columns stand below each other. */
export function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
