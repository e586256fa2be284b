import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RedisService } from '../common/redis/redis.service.js';
import { Env } from '../env/env.js';
import { Agent } from './agent.entity.js';
import { type AgentFacts, hasReportedSince, isConfirmed, isSilent } from './agent-facts.js';
import { RowWatch } from './row-watch.js';

const LOOK = `
  SELECT a.host_id AS "hostId", a.confirmed_run_id AS "confirmedRunId", a.reported_at AS "reportedAt",
    a.stopped_at AS "stoppedAt", h.agent_version AS version, clock_timestamp() AS now
  FROM agents a JOIN hosts h ON h.id = a.host_id WHERE a.host_id = ANY($1)`;

/** Tells when agents come up and fall silent. */
@Injectable()
export class AgentWatch implements OnModuleDestroy {
  private readonly rows: RowWatch<AgentFacts>;

  constructor(
    @InjectRepository(Agent) private readonly agents: Repository<Agent>,
    redis: RedisService,
    private readonly env: Env,
  ) {
    this.rows = new RowWatch('watching for agents', redis, (hostIds) => this.read(hostIds));
  }

  /**
   * Resolves with the agent's version when it has reported with the token of this run.
   * @throws the reason of `signal` when that comes first
   */
  async confirmed(hostId: number, runId: number, signal: AbortSignal): Promise<string> {
    return (await this.wait(hostId, (facts) => isConfirmed(facts, runId), signal))!.version;
  }

  /**
   * Resolves with the agent's version when it has reported after `since`, and goes on.
   * @throws the reason of `signal` when that comes first
   */
  async reported(hostId: number, since: Date, signal: AbortSignal): Promise<string> {
    return (await this.wait(hostId, (facts) => hasReportedSince(facts, since), signal))!.version;
  }

  /**
   * Resolves when the agent has said goodbye, or has not reported for an interval and 5 s after `since`.
   * @param since when it was stopped
   * @throws the reason of `signal` when that comes first
   */
  async silent(hostId: number, since: Date, signal: AbortSignal): Promise<void> {
    const intervalMs = this.env.heartbeatIntervalSeconds * 1_000;
    await this.wait(hostId, (facts) => isSilent(facts, since, intervalMs), signal);
  }

  /** What is known of the host's agent now; null when it never had one. */
  async look(hostId: number): Promise<AgentFacts | null> {
    return (await this.read([hostId])).get(hostId) ?? null;
  }

  async onModuleDestroy(): Promise<void> {
    await this.rows.close();
  }

  private wait(hostId: number, isOver: (facts: AgentFacts | undefined) => boolean, signal: AbortSignal) {
    return this.rows.wait({ hostId, key: hostId }, isOver, signal);
  }

  private async read(hostIds: number[]): Promise<Map<number, AgentFacts>> {
    const rows = await this.agents.query<(AgentFacts & { hostId: number })[]>(LOOK, [hostIds]);
    return new Map(rows.map((row) => [row.hostId, row]));
  }
}
