const MASK = '******';
/** Shorter secrets stand in too many innocent words; they are masked only where they stand alone. */
const SHORTEST_ANYWHERE = 4;
/** Of a secret with several lines (a private key) each line is one, unless it is this short. */
const SHORTEST_LINE = 8;

/** Masks secrets in what a host sent back. It may learn more of them as a run goes on. */
export class Redactor {
  private readonly secrets = new Set<string>();
  private pattern: RegExp | null = null;

  constructor(secrets: readonly string[] = []) {
    for (const secret of secrets) this.learn(secret);
  }

  learn(secret: string): void {
    const lines = secret.split(/\r?\n/);
    if (lines.length === 1) this.secrets.add(secret);
    else for (const line of lines) if (isSecretLine(line)) this.secrets.add(line.trim());
    this.secrets.delete('');
    this.pattern = patternOf([...this.secrets]);
  }

  mask(line: string): string {
    return this.pattern === null ? line : line.replace(this.pattern, MASK);
  }

  /** Forgets all secrets. */
  clear(): void {
    this.secrets.clear();
    this.pattern = null;
  }
}

/** Everybody knows a key's first and last line. */
function isSecretLine(line: string): boolean {
  return line.trim().length >= SHORTEST_LINE && !line.startsWith('-----');
}

/** Longest first: one secret may be the beginning of another. */
function patternOf(secrets: readonly string[]): RegExp | null {
  if (secrets.length === 0) return null;
  const alternatives = [...secrets].sort((a, b) => b.length - a.length).map(alternativeOf);
  return new RegExp(alternatives.join('|'), 'gu');
}

function alternativeOf(secret: string): string {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/]/g, (character) => `\\${character}`);
  return secret.length >= SHORTEST_ANYWHERE ? literal : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`;
}
