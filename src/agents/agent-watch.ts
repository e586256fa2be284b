import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RedisService } from '../common/redis/redis.service.js';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { Env } from '../env/env.js';
import { Agent } from './agent.entity.js';
import { AGENTS_CHANNEL } from './agents.channel.js';
import { type AgentFacts, isConfirmed, isSilent } from './agent-facts.js';

interface Waiter {
  readonly hostId: number;
  /** @param facts undefined when the host never had an agent */
  isOver(facts: AgentFacts | undefined): boolean;
  resolve(): void;
}

/** How long news may gather before the table is read for all of them. */
const GATHER_MS = 20;

/**
 * Tells when agents come up and fall silent. The API publishes who did; since a message can be lost, one statement a second
 * looks for all waiters of the process. Without waiters it does nothing.
 */
@Injectable()
export class AgentWatch implements OnModuleDestroy {
  private readonly waiters = new Set<Waiter>();
  private readonly looking = new RepeatingTask('watching for agents', 1_000, () => this.look());
  private gathering: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    @InjectRepository(Agent) private readonly agents: Repository<Agent>,
    private readonly redis: RedisService,
    private readonly env: Env,
  ) {}

  /**
   * Resolves when an agent has reported with the token of this run.
   * @throws the reason of `signal` when that comes first
   */
  confirmed(hostId: number, runId: number, signal: AbortSignal): Promise<void> {
    return this.wait(hostId, (facts) => isConfirmed(facts, runId), signal);
  }

  /**
   * Resolves when the agent has said goodbye, or has not reported for an interval and 5 s after `since`.
   * @param since when it was stopped
   * @throws the reason of `signal` when that comes first
   */
  silent(hostId: number, since: Date, signal: AbortSignal): Promise<void> {
    const intervalMs = this.env.heartbeatIntervalSeconds * 1_000;
    return this.wait(hostId, (facts) => isSilent(facts, since, intervalMs), signal);
  }

  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.gathering);
    this.unsubscribe?.();
    await this.looking.stop();
  }

  private wait(hostId: number, isOver: Waiter['isOver'], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const waiter: Waiter = { hostId, isOver, resolve: () => leave(resolve) };
      const abort = () => leave(() => reject(signal.reason as Error));
      const leave = (settle: () => void) => {
        signal.removeEventListener('abort', abort);
        this.leave(waiter);
        settle();
      };
      signal.addEventListener('abort', abort);
      this.enter(waiter);
    });
  }

  private enter(waiter: Waiter): void {
    this.waiters.add(waiter);
    this.unsubscribe ??= this.redis.subscribe(AGENTS_CHANNEL, (message) => this.onNews(message));
    this.looking.start();
    this.lookSoon();
  }

  private leave(waiter: Waiter): void {
    this.waiters.delete(waiter);
    if (this.waiters.size === 0) void this.looking.stop();
  }

  private onNews(message: string): void {
    const hostIds = new Set(JSON.parse(message) as number[]);
    if ([...this.waiters].some(({ hostId }) => hostIds.has(hostId))) this.lookSoon();
  }

  private lookSoon(): void {
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      // What goes wrong here, the next regular look will tell.
      this.look().catch(() => undefined);
    }, GATHER_MS);
  }

  private async look(): Promise<void> {
    const waiters = [...this.waiters];
    if (waiters.length === 0) return;
    const rows = await this.agents.query<(AgentFacts & { hostId: number })[]>(
      `SELECT host_id AS "hostId", confirmed_run_id AS "confirmedRunId", reported_at AS "reportedAt",
         stopped_at AS "stoppedAt", clock_timestamp() AS now
       FROM agents WHERE host_id = ANY($1)`,
      [[...new Set(waiters.map(({ hostId }) => hostId))]],
    );
    const facts = new Map(rows.map((row) => [row.hostId, row]));
    for (const waiter of waiters) if (waiter.isOver(facts.get(waiter.hostId))) waiter.resolve();
  }
}
