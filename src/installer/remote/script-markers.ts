/** What the remote script tells us. @see agent/README.md, "Markers" */
export type Marker =
  | { kind: 'ready'; pid: number; group: number }
  | { kind: 'fact'; key: string; value: string }
  | { kind: 'ran'; code: number; command: string }
  | ({ kind: 'check' } & Check)
  | { kind: 'fail'; errCode: string; sentence: string }
  | { kind: 'done'; call: string; code: number }
  | { kind: 'stopped' }
  | { kind: 'alive'; count: number };

/** One thing that the call `check` looked at. */
export interface Check {
  readonly name: string;
  readonly outcome: 'pass' | 'fail' | 'skip';
  /** In the script's words, or a bare value; may be empty. */
  readonly evidence: string;
}

/** A check, and when it came. */
export interface SeenCheck extends Check {
  readonly seenAt: Date;
}

/** How every marker of the session with this nonce begins. */
export function markerPrefix(nonce: string): string {
  return `@nm:${nonce}:`;
}

/**
 * Reads a line of the script's output.
 * @returns null when it is no marker, or not one of this session: then it is text for the log, whatever it looks like
 */
export function parseMarker(line: string, nonce: string): Marker | null {
  const prefix = markerPrefix(nonce);
  if (!line.startsWith(prefix)) return null;
  const [kind = '', ...words] = line.slice(prefix.length).split(' ');
  return MARKERS[kind]?.(words) ?? null;
}

const MARKERS: Readonly<Record<string, ((words: string[]) => Marker | null) | undefined>> = {
  ready: ([pid, group]) => {
    const [p, g] = [numberOf(pid), numberOf(group)];
    // Group 1 is init's, and 0 our own: neither may ever be killed by mistake.
    return p !== null && g !== null && g > 1 ? { kind: 'ready', pid: p, group: g } : null;
  },
  fact: (words) => {
    const [key, ...value] = words.join(' ').split('=');
    return key && value.length > 0 ? { kind: 'fact', key, value: value.join('=') } : null;
  },
  ran: ([exitCode, ...command]) => {
    const code = numberOf(exitCode);
    return code !== null && command.length > 0 ? { kind: 'ran', code, command: command.join(' ') } : null;
  },
  check: ([name, outcome, ...evidence]) =>
    name && isOutcome(outcome) ? { kind: 'check', name, outcome, evidence: evidence.join(' ') } : null,
  fail: ([errCode, ...sentence]) => (errCode ? { kind: 'fail', errCode, sentence: sentence.join(' ') } : null),
  done: ([call, exitCode]) => {
    const code = numberOf(exitCode);
    return call && code !== null ? { kind: 'done', call, code } : null;
  },
  stopped: (words) => (words.length === 0 ? { kind: 'stopped' } : null),
  alive: ([amount]) => {
    const count = numberOf(amount);
    return count === null ? null : { kind: 'alive', count };
  },
};
Object.setPrototypeOf(MARKERS, null);

function isOutcome(word: string | undefined): word is Check['outcome'] {
  return word === 'pass' || word === 'fail' || word === 'skip';
}

function numberOf(word: string | undefined): number | null {
  return word !== undefined && /^\d{1,10}$/.test(word) ? Number(word) : null;
}
