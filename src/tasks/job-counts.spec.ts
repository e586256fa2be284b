import { describe, expect, it } from '@jest/globals';
import { countRuns, statusOf, type RunGroup } from './job-counts.js';

const group = (overrides: Partial<RunGroup>): RunGroup => ({
  status: 'QUEUE',
  osType: 'LINUX',
  count: 1,
  endedAt: null,
  ...overrides,
});

describe('countRuns', () => {
  it('adds up by status and by OS, and finds the last end', () => {
    const [early, late] = [new Date(1_000), new Date(2_000)];
    const counts = countRuns([
      group({ count: 3 }),
      group({ status: 'RUNNING', osType: 'AIX', count: 2 }),
      group({ status: 'SUCCESS', count: 4, endedAt: late }),
      group({ status: 'FAILED', osType: 'WINDOWS', endedAt: early }),
    ]);
    expect(counts).toEqual({
      hosts: 10,
      success: 4,
      failed: 1,
      running: 5,
      byOs: { LINUX: 7, WINDOWS: 1, AIX: 2 },
      lastEndedAt: late,
    });
  });
});

describe('statusOf', () => {
  it.each([
    [['QUEUE', 'FAILED'], 'RUNNING'],
    [['RUNNING', 'SUCCESS'], 'RUNNING'],
    [['SUCCESS'], 'SUCCESS'],
    [['FAILED'], 'FAILED'],
    [['SUCCESS', 'FAILED'], 'PARTIAL_SUCCESS'],
  ] as const)('of %j is %s', (statuses, status) => {
    expect(statusOf(countRuns(statuses.map((one) => group({ status: one }))))).toBe(status);
  });
});
