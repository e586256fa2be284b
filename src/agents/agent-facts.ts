/** What is known of an agent at one moment of the database's clock. */
export interface AgentFacts {
  confirmedRunId: number | null;
  reportedAt: Date | null;
  /** Null again with the first report after a goodbye. */
  stoppedAt: Date | null;
  /** As it last reported it; empty before that. */
  version: string;
  now: Date;
}

/** After that many intervals without a report an agent counts as gone. */
export const SILENT_INTERVALS = 3;

/** A report that left in time may still take a moment to arrive and be written. */
const GRACE_MS = 5_000;
/** Agents spread their reports by as much, so that they do not come all at once. */
const JITTER = 0.1;

/** Whether the agent that reports is the one that this run installed. */
export function isConfirmed(facts: AgentFacts | undefined, runId: number): boolean {
  return facts?.confirmedRunId === runId;
}

/** Whether the agent has reported after that moment, and has not said goodbye since. */
export function hasReportedSince(facts: AgentFacts | undefined, since: Date): boolean {
  return !!facts?.reportedAt && facts.reportedAt > since && facts.stoppedAt === null;
}

/**
 * Whether an agent that was stopped at `since` is known not to report any more: it said goodbye, or a whole interval has
 * passed. One that had never reported, or had been silent for long before, is not waited for.
 */
export function isSilent(facts: AgentFacts | undefined, since: Date, intervalMs: number): boolean {
  if (!facts?.reportedAt || facts.stoppedAt) return true;
  const { reportedAt, now } = facts;
  if (since.getTime() - reportedAt.getTime() > SILENT_INTERVALS * intervalMs) return true;
  const quietSince = Math.max(since.getTime(), reportedAt.getTime());
  return now.getTime() - quietSince >= intervalMs * (1 + JITTER) + GRACE_MS;
}
