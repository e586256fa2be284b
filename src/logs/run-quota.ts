/** What the output of programs may fill of one run's log. */
export const MAX_OUTPUT_LINES = 5_000;
export const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Runs whose count is kept; the least recently written are forgotten first. */
const MAX_RUNS = 20_000;

interface Used {
  lines: number;
  bytes: number;
}

/** Counts how much of its log each run has filled in this process. */
export class RunQuota {
  private readonly used = new Map<number, Used>();

  /** `fits`: write it. `last`: it does not fit any more, which is to be said once. `full`: it has been said. */
  take(runId: number, bytes: number): 'fits' | 'last' | 'full' {
    const used = this.used.get(runId) ?? { lines: 0, bytes: 0 };
    this.used.delete(runId);
    this.used.set(runId, used);
    if (this.used.size > MAX_RUNS) this.used.delete(this.used.keys().next().value!);
    if (used.lines > MAX_OUTPUT_LINES) return 'full';
    if (used.lines === MAX_OUTPUT_LINES || used.bytes + bytes > MAX_OUTPUT_BYTES) {
      used.lines = MAX_OUTPUT_LINES + 1;
      return 'last';
    }
    used.lines += 1;
    used.bytes += bytes;
    return 'fits';
  }
}
