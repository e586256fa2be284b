import { OutputBuffer } from './output-buffer.js';

const LINE_FEED = 0x0a;
const LONGEST_LINE = 8 * 1024;
/** What a line costs beyond its bytes, so that a flood of empty lines is a flood too. */
const COST_OF_A_LINE = 64;

/** What the streams of one command have brought, and what they may still hand out; shared by its stdout and stderr. */
export class OutputBudget {
  receivedBytes = 0;
  handedBytes = 0;

  constructor(private bytesLeft: number) {}

  get isSpent(): boolean {
    return this.bytesLeft <= 0;
  }

  get droppedBytes(): number {
    return this.receivedBytes - this.handedBytes;
  }

  spend(bytes: number): void {
    this.handedBytes += bytes;
    this.bytesLeft -= bytes + COST_OF_A_LINE;
  }
}

/**
 * Cuts a stream of bytes into lines. Its memory is one line, whatever comes. When the budget is spent, it only looks
 * for lines with the prefix that always passes, and does not touch the others.
 */
export class LineReader {
  private readonly partial = new OutputBuffer(LONGEST_LINE);
  private readonly needle: Buffer | null;
  /** While skimming: the end of the last chunk, which may hold the beginning of a line that passes. */
  private tail: Buffer | null = null;

  constructor(
    private readonly budget: OutputBudget,
    private readonly onLine: (line: string) => void,
    private readonly alwaysPrefix: string | null = null,
  ) {
    this.needle = alwaysPrefix === null ? null : Buffer.from(`\n${alwaysPrefix}`);
  }

  push(chunk: Buffer): void {
    this.budget.receivedBytes += chunk.length;
    this.read(chunk);
  }

  /** The stream ended: what came after the last line feed is a line too. */
  end(): void {
    if (this.partial.size > 0 && (!this.budget.isSpent || this.isInPassingLine())) this.emit(0);
    this.partial.clear();
  }

  private read(chunk: Buffer): void {
    let from = 0;
    while (from < chunk.length) {
      if (this.budget.isSpent && !this.isInPassingLine()) return this.skim(chunk.subarray(from));
      const end = chunk.indexOf(LINE_FEED, from);
      this.partial.add(chunk.subarray(from, end === -1 ? chunk.length : end));
      if (end === -1) return;
      this.emit(1);
      from = end + 1;
    }
  }

  private emit(lineFeeds: number): void {
    const line = this.partial.text();
    this.budget.spend(this.partial.size + lineFeeds);
    this.partial.clear();
    this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  private isInPassingLine(): boolean {
    return this.alwaysPrefix !== null && this.partial.size > 0 && this.partial.text().startsWith(this.alwaysPrefix);
  }

  private skim(chunk: Buffer): void {
    if (this.needle === null) return this.partial.clear();
    const data = Buffer.concat([this.takeTail(), chunk]);
    const found = data.indexOf(this.needle);
    if (found === -1) {
      this.tail = Buffer.from(data.subarray(-(this.needle.length - 1)));
      return;
    }
    const prefixEnd = found + this.needle.length;
    this.partial.add(data.subarray(found + 1, prefixEnd));
    this.read(data.subarray(prefixEnd));
  }

  /** Where skimming begins, the line that was being read is the tail. */
  private takeTail(): Buffer {
    const tail = this.tail ?? Buffer.from(`\n${this.partial.text()}`);
    this.tail = null;
    this.partial.clear();
    return tail;
  }
}
