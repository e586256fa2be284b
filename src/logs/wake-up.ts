/** Something to wait on that remembers a call made while nobody waited. */
export class WakeUp {
  private isDue = false;
  private resolve: (() => void) | undefined;

  call(): void {
    this.isDue = true;
    this.resolve?.();
  }

  /** Resolves at the next call, after `timeoutMs`, or when the signal fires. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isDue && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      const wake = (): void => this.resolve?.();
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
        timer = setTimeout(resolve, timeoutMs);
        signal.addEventListener('abort', wake, { once: true });
      });
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      this.resolve = undefined;
    }
    this.isDue = false;
  }
}
