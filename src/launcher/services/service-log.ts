import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';

const MAX_BYTES = 5 * 1024 * 1024;
const LAST_LINES = 8;

/** The file that a service writes its output to, appended over all starts; one that grew too large is kept once, as `.1`. */
export class ServiceLog {
  readonly descriptor: number;
  private readonly sizeAtStart: number;

  constructor(readonly file: string) {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > MAX_BYTES) renameSync(file, `${file}.1`);
    this.sizeAtStart = size > MAX_BYTES ? 0 : size;
    this.descriptor = openSync(file, 'a', 0o600);
  }

  /** What the service said last, since this start. */
  lastWords(): string {
    const text = readFileSync(this.file).subarray(this.sizeAtStart).toString('utf8').trim();
    return text.split('\n').slice(-LAST_LINES).join('\n');
  }

  /** The child has its own copy of the descriptor. */
  close(): void {
    closeSync(this.descriptor);
  }
}
