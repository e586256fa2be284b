import { harmless } from '../../logs/harmless.js';
import { evidenceOf } from '../../ssh/evidence.js';

const KEPT_LINES = 20;
const LONGEST_LINE = 500;

/** The last lines of a host's output, as evidence. */
export class OutputTail {
  private kept: string[] = [];

  constructor(private readonly mask: (line: string) => string) {}

  add(line: string): void {
    if (line.trim() === '') return;
    this.kept.push(line);
    if (this.kept.length > KEPT_LINES) this.kept.shift();
  }

  /** What comes next is about something else. */
  clear(): void {
    this.kept = [];
  }

  /** At most 20, masked and fit to be shown. */
  lines(): string[] {
    return this.kept
      .map((line) => evidenceOf(harmless(this.mask(line)), [], LONGEST_LINE))
      .filter((line) => line !== '');
  }
}
