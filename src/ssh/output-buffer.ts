/**
 * Collects bytes up to a limit. It copies them: a chunk of ssh2's is a view of its whole packet, so that keeping a
 * million one-byte chunks would keep a million packets.
 */
export class OutputBuffer {
  private bytes = Buffer.alloc(0);
  private length = 0;
  /** Bytes that came after the limit. */
  droppedBytes = 0;

  constructor(private readonly limit: number) {}

  add(chunk: Buffer): void {
    const kept = Math.min(chunk.length, this.limit - this.length);
    this.droppedBytes += chunk.length - kept;
    if (kept === 0) return;
    this.reserve(this.length + kept);
    chunk.copy(this.bytes, this.length, 0, kept);
    this.length += kept;
  }

  /** What was collected, decoded at once, so that no character is split. */
  text(): string {
    return decode(this.bytes.subarray(0, this.length), this.droppedBytes > 0);
  }

  get size(): number {
    return this.length;
  }

  clear(): void {
    this.length = 0;
    this.droppedBytes = 0;
  }

  private reserve(size: number): void {
    if (size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.limit, Math.max(size, 2 * this.bytes.length, 256)));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** @param wasCut leaves out a character that the cut split, in place of showing a replacement for it */
function decode(bytes: Buffer, wasCut: boolean): string {
  return bytes.subarray(0, wasCut ? endOfLastCharacter(bytes) : bytes.length).toString('utf8');
}

function endOfLastCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < wanted ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
