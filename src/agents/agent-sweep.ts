import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { Env } from '../env/env.js';
import { SILENT_INTERVALS } from './agent-facts.js';
import { HeartbeatFolder } from './heartbeat-folder.js';

/** Any number, as long as all processes use the same one. */
const SWEEP_LOCK = 7_300_002;

/**
 * One API at a time; the others skip their turn. Rows of agents whose report is being written just now are skipped, and
 * those written meanwhile are looked at again, so that a report is never overruled by an older silence.
 */
const TERMINATE_SILENT = `
  WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock($1) AS is_mine),
  silent AS MATERIALIZED (
    SELECT a.host_id FROM agents a JOIN hosts h ON h.id = a.host_id
    WHERE (SELECT is_mine FROM turn) AND h.agent_status = 'RUNNING' AND a.reported_at < now() - make_interval(secs => $2)
    FOR NO KEY UPDATE OF a SKIP LOCKED
  )
  UPDATE hosts h SET agent_status = 'TERMINATED', agent_status_at = now()
  FROM silent s WHERE h.id = s.host_id AND h.agent_status = 'RUNNING'`;

/** Marks agents that have not reported for three intervals as TERMINATED. */
@Injectable()
export class AgentSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AgentSweep.name);
  private readonly silenceMs: number;
  private readonly task: RepeatingTask;
  /** Nobody could report to a server that was down. */
  private deafUntil = Infinity;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly folder: HeartbeatFolder,
    env: Env,
  ) {
    const intervalMs = env.heartbeatIntervalSeconds * 1_000;
    this.silenceMs = SILENT_INTERVALS * intervalMs;
    this.task = new RepeatingTask('looking for silent agents', Math.max(intervalMs / 2, 1_000), () => this.sweep());
  }

  onApplicationBootstrap(): void {
    this.deafUntil = Date.now() + this.silenceMs;
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  private async sweep(): Promise<void> {
    const failedAt = this.folder.lastFailureAt?.getTime() ?? 0;
    if (Date.now() < Math.max(this.deafUntil, failedAt + this.silenceMs)) return;
    const terminated = await this.terminateSilent();
    if (terminated > 0) this.logger.log(`${terminated} agents have fallen silent`);
  }

  private async terminateSilent(): Promise<number> {
    try {
      const parameters = [SWEEP_LOCK, this.silenceMs / 1_000];
      return (await this.dataSource.query<[unknown[], number]>(TERMINATE_SILENT, parameters))[1];
    } catch (error) {
      this.deafUntil = Date.now() + this.silenceMs;
      throw error;
    }
  }
}
