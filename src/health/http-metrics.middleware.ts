import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Histogram, register } from 'prom-client';
import { once } from '../common/metrics/once.js';

const durations = once(
  'nodeman_http_request_duration_seconds',
  (name) =>
    new Histogram({
      name,
      help: 'Requests by method, route and status',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    }),
);
if (!register.getSingleMetric('process_cpu_user_seconds_total')) collectDefaultMetrics();

/** Measures each request under its route's pattern, so that ids do not make a series each. */
export function measureRequests(request: Request, response: Response, next: NextFunction): void {
  const startedAt = process.hrtime.bigint();
  response.once('close', () => {
    const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    durations.observe({ method: request.method, route, status: response.statusCode }, seconds);
  });
  next();
}
