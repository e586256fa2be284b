import type { StatusRow } from './host-row.js';
import { StatusResponse } from './status.dto.js';

const REPORTED_AT = new Date('2026-01-02T03:04:05Z');

function aStatusRow(overrides: Partial<StatusRow> = {}): StatusRow {
  return {
    id: 12,
    agent_name: 'nodeman-agent',
    agent_status: 'RUNNING',
    agent_version: '1.0.0',
    agent_status_at: REPORTED_AT,
    processes: [],
    reported_at: REPORTED_AT,
    ...overrides,
  };
}

describe('StatusResponse', () => {
  it('always has the element of the agent', () => {
    const row = aStatusRow({
      agent_status: 'UNKNOWN',
      agent_version: '',
      agent_status_at: null,
      reported_at: null,
      processes: null,
    });
    expect(StatusResponse.listFrom(row)).toEqual([
      { name: 'nodeman-agent', type: 'agent', status: 'UNKNOWN', version: '--', host_id: 12, update_time: null },
    ]);
  });

  it('tells when the agent was last heard of, even if nothing changed since', () => {
    const later = new Date('2026-01-02T03:05:00Z');
    const updateTimeOf = (row: StatusRow) => StatusResponse.listFrom(row)[0]!.update_time;
    expect(updateTimeOf(aStatusRow({ reported_at: later }))).toBe('2026-01-02T03:05:00.000Z');
    expect(updateTimeOf(aStatusRow({ agent_status: 'TERMINATED', agent_status_at: later }))).toBe(
      '2026-01-02T03:05:00.000Z',
    );
  });

  it('has the plugins after it, by name', () => {
    const processes = [
      { name: 'zeta', status: 'TERMINATED', version: '' },
      { name: 'alpha', status: 'RUNNING', version: '2' },
    ] as const;
    const [agent, ...plugins] = StatusResponse.listFrom(aStatusRow({ processes: [...processes] }));
    expect(agent).toMatchObject({ type: 'agent', update_time: '2026-01-02T03:04:05.000Z' });
    expect(plugins).toMatchObject([
      { name: 'alpha', type: 'plugin', status: 'RUNNING', version: '2', host_id: 12 },
      { name: 'zeta', type: 'plugin', status: 'TERMINATED', version: '--' },
    ]);
  });

  it('does not claim that a plugin runs whose agent is gone', () => {
    const processes = [{ name: 'alpha', status: 'RUNNING', version: '2' }] as const;
    const [, plugin] = StatusResponse.listFrom(aStatusRow({ agent_status: 'TERMINATED', processes: [...processes] }));
    expect(plugin).toMatchObject({ status: 'UNKNOWN' });
  });
});
