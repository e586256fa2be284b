/** Answers that arrive in order, for one reader at a time, until the source ends. */
export class AnswerQueue<T> {
  private readonly waiting: T[] = [];
  private reader: { resolve: (answer: T) => void; reject: (error: unknown) => void } | null = null;
  private end: { error: unknown } | null = null;

  push(answer: T): void {
    if (this.reader) this.reader.resolve(answer);
    else this.waiting.push(answer);
  }

  /** Nothing more comes; what has come is still read first. */
  close(error: unknown): void {
    this.end ??= { error };
    this.reader?.reject(error);
  }

  /** @throws the signal's reason when that aborts; what `close` was given when there is nothing more */
  async next(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.waiting.length > 0) return this.waiting.shift()!;
    if (this.end) throw this.end.error;
    const onAbort = (): void => this.reader?.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise<T>((resolve, reject) => (this.reader = { resolve, reject }));
    } finally {
      this.reader = null;
      signal.removeEventListener('abort', onAbort);
    }
  }
}
