/** More keys than this are not remembered: a flood of names must not fill the memory. */
const MAX_KEYS = 10_000;

interface Entry {
  count: number;
  readonly endsAt: number;
}

/** Counts by key in this process; a key's count ends `lengthMs` after its first one. */
export class FailureWindow {
  /** In the order of their ends, since all windows have one length. */
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly lengthMs: number) {}

  add(key: string): void {
    const entry = this.current(key);
    if (entry) {
      entry.count += 1;
      return;
    }
    this.makeRoom();
    this.entries.delete(key);
    this.entries.set(key, { count: 1, endsAt: Date.now() + this.lengthMs });
  }

  count(key: string): number {
    return this.current(key)?.count ?? 0;
  }

  /** Whole seconds, rounded up, until the key's count ends; 0 when it has none. */
  secondsLeft(key: string): number {
    const entry = this.current(key);
    return entry ? Math.ceil((entry.endsAt - Date.now()) / 1_000) : 0;
  }

  private current(key: string): Entry | null {
    const entry = this.entries.get(key);
    return entry && entry.endsAt > Date.now() ? entry : null;
  }

  private makeRoom(): void {
    for (const [key, { endsAt }] of this.entries) {
      if (endsAt > Date.now() && this.entries.size < MAX_KEYS) return;
      this.entries.delete(key);
    }
  }
}
