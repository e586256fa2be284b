import { OS_TYPES, type OsType } from '../hosts/host.enums.js';
import type { JobStatus, RunStatus } from './task.enums.js';

/** Runs of a job that are alike, as a GROUP BY gives them. */
export interface RunGroup {
  status: RunStatus;
  osType: OsType;
  count: number;
  /** When the last of them ended; null while none has. */
  endedAt: Date | null;
}

/** How a job stands, by its runs. */
export interface JobCounts {
  hosts: number;
  success: number;
  failed: number;
  /** Everything else: queued or running. */
  running: number;
  byOs: Record<OsType, number>;
  lastEndedAt: Date | null;
}

export function countRuns(groups: Iterable<RunGroup>): JobCounts {
  const byOs = Object.fromEntries(OS_TYPES.map((osType) => [osType, 0])) as Record<OsType, number>;
  const counts: JobCounts = { hosts: 0, success: 0, failed: 0, running: 0, byOs, lastEndedAt: null };
  for (const { status, osType, count, endedAt } of groups) {
    counts.hosts += count;
    counts.byOs[osType] += count;
    if (status === 'SUCCESS') counts.success += count;
    else if (status === 'FAILED') counts.failed += count;
    else counts.running += count;
    if (endedAt && (!counts.lastEndedAt || endedAt > counts.lastEndedAt)) counts.lastEndedAt = endedAt;
  }
  return counts;
}

/** What a job's status is from its runs, which are exact at every moment; the stored one follows a moment later. */
export function statusOf({ running, failed, success }: JobCounts): JobStatus {
  if (running > 0) return 'RUNNING';
  if (failed === 0) return 'SUCCESS';
  return success === 0 ? 'FAILED' : 'PARTIAL_SUCCESS';
}
