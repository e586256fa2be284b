import { Counter, Gauge, Histogram, register } from 'prom-client';
import { once } from '../common/metrics/once.js';

export const runEnds = once(
  'nodeman_runs_total',
  () =>
    new Counter({
      name: 'nodeman_runs_total',
      help: 'Runs that this worker ended, by op, status and err_code',
      labelNames: ['op_type', 'status', 'err_code'] as const,
    }),
);

export const stepSeconds = once(
  'nodeman_step_duration_seconds',
  () =>
    new Histogram({
      name: 'nodeman_step_duration_seconds',
      help: 'Time that steps took, by step and whether they went well',
      labelNames: ['step', 'outcome'] as const,
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    }),
);

export const runsInHand = once(
  'nodeman_worker_runs',
  () => new Gauge({ name: 'nodeman_worker_runs', help: 'Runs that this worker holds' }),
);

/** @param count asked for at each scrape */
export function measureSshSessions(count: () => number): void {
  const name = 'nodeman_ssh_sessions';
  register.removeSingleMetric(name);
  new Gauge({
    name,
    help: 'SSH sessions that this worker has open',
    collect() {
      this.set(count());
    },
  });
}
