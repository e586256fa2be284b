import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Gauge } from 'prom-client';
import type { DataSource } from 'typeorm';
import { once } from '../common/metrics/once.js';

/** What the database knows and no process can count alone; asked when metrics are read. */
@Injectable()
export class QueueMetrics {
  private readonly active = gauge('nodeman_runs_active', 'Runs that wait (QUEUE) or are worked on (RUNNING)', [
    'status',
  ]);
  private readonly agents = gauge('nodeman_hosts', 'Hosts by the status of their agent', ['agent_status']);

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async collect(): Promise<void> {
    const runs = await this.dataSource.query<{ status: string; count: string }[]>(
      `SELECT status, count(*) FROM job_hosts WHERE status IN ('QUEUE', 'RUNNING') GROUP BY status`,
    );
    for (const status of ['QUEUE', 'RUNNING']) {
      this.active.set({ status }, Number(runs.find((row) => row.status === status)?.count ?? 0));
    }
    const hosts = await this.dataSource.query<{ agent_status: string; count: string }[]>(
      `SELECT agent_status, count(*) FROM hosts WHERE removed_at IS NULL GROUP BY agent_status`,
    );
    for (const { agent_status, count } of hosts) this.agents.set({ agent_status }, Number(count));
  }
}

function gauge(name: string, help: string, labelNames: string[]): Gauge {
  return once(name, () => new Gauge({ name, help, labelNames }));
}
