/** The headers of a download request that decide what is answered. */
export interface DownloadConditions {
  range?: string;
  ifRange?: string;
  ifNoneMatch?: string;
}

/** What is answered: bytes `start` to `end`, both included, or no body. */
export type DownloadAnswer = { status: 200 | 206; start: number; end: number } | { status: 304 | 416 };

/**
 * Decides by conditions and range. A range that we cannot serve as one piece, or that is not well-formed, is as if absent.
 * @param etag as it is sent, in quotes
 * @see RFC 9110, sections 13 and 14
 */
export function answerDownload(sizeBytes: number, etag: string, conditions: DownloadConditions): DownloadAnswer {
  if (conditions.ifNoneMatch !== undefined && matchesAny(conditions.ifNoneMatch, etag)) return { status: 304 };
  const whole = { status: 200, start: 0, end: sizeBytes - 1 } as const;
  // A date in If-Range never matches: we send none that it could have come from.
  if (conditions.range === undefined || (conditions.ifRange ?? etag) !== etag) return whole;
  const range = parseRange(conditions.range, sizeBytes);
  if (range === 'ignored') return whole;
  if (range === 'unsatisfiable') return { status: 416 };
  return { status: 206, ...range };
}

function matchesAny(header: string, etag: string): boolean {
  return header
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === etag);
}

function parseRange(header: string, sizeBytes: number): { start: number; end: number } | 'ignored' | 'unsatisfiable' {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header);
  if (!match) return 'ignored';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'ignored';
  if (first === '') {
    const start = Math.max(sizeBytes - Number(last), 0);
    return start < sizeBytes ? { start, end: sizeBytes - 1 } : 'unsatisfiable';
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'ignored';
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return start < sizeBytes ? { start, end } : 'unsatisfiable';
}
