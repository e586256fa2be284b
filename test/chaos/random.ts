/** Chance that the same seed repeats. */
export class Random {
  constructor(private state: number) {}

  /** From 0 to 1, without 1. @see https://en.wikipedia.org/wiki/Permuted_congruential_generator for better ones; this is mulberry32 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number of this range, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  isIn(percent: number): boolean {
    return this.next() * 100 < percent;
  }

  /** @throws Error when there is nothing to pick from */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.int(0, from.length - 1)]!;
  }

  /** At least one, in no order. */
  some<T>(from: readonly T[]): T[] {
    const left = [...from];
    return Array.from({ length: this.int(1, left.length) }, () => left.splice(this.int(0, left.length - 1), 1)[0]!);
  }

  /** By weight. */
  weighted<T extends { readonly weight: number }>(from: readonly T[]): T {
    let at = this.next() * from.reduce((sum, { weight }) => sum + weight, 0);
    return from.find(({ weight }) => (at -= weight) < 0) ?? from.at(-1)!;
  }
}
