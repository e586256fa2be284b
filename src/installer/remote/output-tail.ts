import { evidenceOf } from '../../ssh/evidence.js';

const KEPT_LINES = 3;

/** The last lines of a host's output, as evidence. */
export class OutputTail {
  private readonly lines: string[] = [];

  constructor(private readonly mask: (line: string) => string) {}

  add(line: string): void {
    if (line.trim() === '') return;
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
  }

  /** One line, masked and fit to be shown; `-` when there was nothing. */
  text(): string {
    return evidenceOf(this.lines.map((line) => this.mask(line)).join(' | ')) || '-';
  }
}
