import { type AgentFacts, hasReportedSince, isConfirmed, isSilent } from './agent-facts.js';

const INTERVAL_MS = 30_000;
const STOPPED = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(STOPPED.getTime() + seconds * 1_000);

function someFacts(overrides: Partial<AgentFacts> = {}): AgentFacts {
  return {
    confirmedRunId: null,
    reportedAt: after(-10),
    stoppedAt: null,
    version: '1.1.0',
    now: after(0),
    ...overrides,
  };
}

describe('isSilent', () => {
  const silent = (overrides?: Partial<AgentFacts>) => isSilent(someFacts(overrides), STOPPED, INTERVAL_MS);

  it('is so at once after a goodbye', () => {
    expect(silent({ stoppedAt: after(-1) })).toBe(true);
  });

  it('is so where there never was an agent', () => {
    expect(isSilent(undefined, STOPPED, INTERVAL_MS)).toBe(true);
    expect(silent({ reportedAt: null })).toBe(true);
  });

  it('takes an interval, its jitter and five seconds without a report', () => {
    expect(silent({ now: after(37.9) })).toBe(false);
    expect(silent({ now: after(38) })).toBe(true);
  });

  it('begins anew with every report', () => {
    expect(silent({ reportedAt: after(20), now: after(40) })).toBe(false);
    expect(silent({ reportedAt: after(20), now: after(58) })).toBe(true);
  });

  it('does not wait for one that was silent long before', () => {
    expect(silent({ reportedAt: after(-91) })).toBe(true);
  });
});

describe('isConfirmed', () => {
  it('is so for the run that gave the token, and no other', () => {
    expect(isConfirmed(someFacts({ confirmedRunId: 7 }), 7)).toBe(true);
    expect(isConfirmed(someFacts({ confirmedRunId: 7 }), 8)).toBe(false);
    expect(isConfirmed(undefined, 7)).toBe(false);
  });
});

describe('hasReportedSince', () => {
  it('is so after a later report, unless that was a goodbye', () => {
    expect(hasReportedSince(someFacts({ reportedAt: after(1) }), STOPPED)).toBe(true);
    expect(hasReportedSince(someFacts({ reportedAt: after(0) }), STOPPED)).toBe(false);
    expect(hasReportedSince(someFacts({ reportedAt: after(1), stoppedAt: after(1) }), STOPPED)).toBe(false);
    expect(hasReportedSince(someFacts({ reportedAt: null }), STOPPED)).toBe(false);
    expect(hasReportedSince(undefined, STOPPED)).toBe(false);
  });
});
