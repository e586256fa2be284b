import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { Env } from '../env/env.js';
import { AgentSweep } from './agent-sweep.js';
import type { HeartbeatFolder } from './heartbeat-folder.js';

const SECONDS = 1_000;

describe('AgentSweep', () => {
  let sweeps: unknown[][];
  let fault: Error | null;
  let folder: { lastFailureAt: Date | null };
  let sweep: AgentSweep;

  beforeEach(() => {
    jest.useFakeTimers();
    sweeps = [];
    fault = null;
    folder = { lastFailureAt: null };
    const query = (_sql: string, parameters: unknown[]) => {
      sweeps.push(parameters);
      return fault ? Promise.reject(fault) : Promise.resolve([[], 0]);
    };
    const env = { heartbeatIntervalSeconds: 30 } as Env;
    sweep = new AgentSweep({ query } as unknown as DataSource, folder as HeartbeatFolder, env);
    sweep.onApplicationBootstrap();
  });
  afterEach(async () => {
    await sweep.onModuleDestroy();
    jest.useRealTimers();
  });

  it('waits three intervals after its start: nobody could report before', async () => {
    await jest.advanceTimersByTimeAsync(89 * SECONDS);
    expect(sweeps).toEqual([]);
    await jest.advanceTimersByTimeAsync(1 * SECONDS);
    expect(sweeps).toEqual([[expect.any(Number), 90]]);
  });

  it('looks twice an interval', async () => {
    await jest.advanceTimersByTimeAsync(150 * SECONDS);
    expect(sweeps).toHaveLength(5);
  });

  it('waits three intervals again when reports could not be written', async () => {
    await jest.advanceTimersByTimeAsync(90 * SECONDS);
    folder.lastFailureAt = new Date();
    await jest.advanceTimersByTimeAsync(89 * SECONDS);
    expect(sweeps).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1 * SECONDS);
    expect(sweeps).toHaveLength(2);
  });

  it('waits three intervals again when it could not look itself', async () => {
    fault = new Error('Connection terminated');
    await jest.advanceTimersByTimeAsync(90 * SECONDS);
    fault = null;
    await jest.advanceTimersByTimeAsync(89 * SECONDS);
    expect(sweeps).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1 * SECONDS);
    expect(sweeps).toHaveLength(2);
  });
});
