/**
 * Waits for something, but not for ever.
 * @returns null when it takes longer than that
 * @throws the signal's reason when that aborts; whatever `work` throws
 */
export async function within<T>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), timeoutMs);
  try {
    return await work(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    if (signal.aborted || !over.signal.aborted) throw error;
    return null;
  } finally {
    clearTimeout(timer);
    // Whatever of the work still waits need not.
    over.abort();
  }
}
