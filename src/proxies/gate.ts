/** Lets at most so many pieces of work in at once; the others wait in line. */
export class Gate {
  private inside = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly room: number) {}

  get isEmpty(): boolean {
    return this.inside === 0;
  }

  /**
   * Does the work once there is room.
   * @param signal aborting it while in line leaves the line and rejects with the signal's reason
   */
  async pass<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    if (this.inside >= this.room) await this.wait(signal);
    else this.inside += 1;
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.line.splice(this.line.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.line.push(enter);
    });
  }

  /** The place goes to the next in line, so that nobody can slip in between. */
  private leave(): void {
    const next = this.line.shift();
    if (next) next();
    else this.inside -= 1;
  }
}
