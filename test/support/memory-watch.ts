import { readFile } from 'node:fs/promises';

const LOOK_EVERY_MS = 100;

/** Looks at the memory of a process again and again. */
export class MemoryWatch {
  private most: number;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly pid: number,
    private readonly before: number,
  ) {
    this.most = before;
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  /** Begins now. */
  static async of(pid: number): Promise<MemoryWatch> {
    return new MemoryWatch(pid, await residentBytes(pid));
  }

  /** Bytes that it had at most, beyond those that it had at the beginning. */
  get growth(): number {
    return this.most - this.before;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    this.most = Math.max(this.most, await residentBytes(this.pid).catch(() => 0));
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
