import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RedisService } from '../common/redis/redis.service.js';
import { AgentCommandKeys } from './agent-command-keys.service.js';
import { AgentCommand } from './agent-command.entity.js';
import { newCommandNonce, signCommand } from './command-signature.js';
import { RowWatch } from './row-watch.js';

/** The run that a command is for. */
export interface CommandRun {
  readonly id: number;
  readonly hostId: number;
}

/** How a command ended, in the agent's words. */
export interface CommandResult {
  exitCode: number;
  /** Printable ASCII, at most 500 characters; may be empty. */
  output: string;
}

/** What is known of a command. */
interface CommandState {
  takenAt: Date | null;
  endedAt: Date | null;
  exitCode: number | null;
  output: string | null;
}

const LOOK = `
  SELECT run_id AS "runId", taken_at AS "takenAt", ended_at AS "endedAt", exit_code AS "exitCode", output
  FROM agent_commands WHERE run_id = ANY($1)`;

const WITHDRAW = `
  UPDATE agent_commands SET ended_at = now() WHERE run_id = $1 AND ended_at IS NULL RETURNING taken_at AS "takenAt"`;

/** What agents are told to do: the worker issues, the answer to the next report carries it, a report brings the result. */
@Injectable()
export class AgentCommands implements OnModuleDestroy {
  private readonly rows: RowWatch<CommandState>;

  constructor(
    @InjectRepository(AgentCommand) private readonly commands: Repository<AgentCommand>,
    private readonly keys: AgentCommandKeys,
    redis: RedisService,
  ) {
    this.rows = new RowWatch('watching commands to agents', redis, (runIds) => this.read(runIds));
  }

  /**
   * Has the agent of the run's host take itself off. A run has one command, however often this is called.
   * @returns false when the agent was never given a key, and so takes no commands
   */
  async issue({ id: runId, hostId }: CommandRun): Promise<boolean> {
    const key = await this.keys.find(hostId);
    if (key === null) return false;
    const command = { runId, hostId, op: 'uninstall' as const, nonce: newCommandNonce() };
    const signature = signCommand(key, command);
    await this.commands
      .createQueryBuilder()
      .insert()
      .values({ ...command, signature })
      .orIgnore()
      .execute();
    return true;
  }

  /**
   * Resolves when the command has gone out with an answer.
   * @throws the reason of `signal` when that comes first
   */
  async taken({ id, hostId }: CommandRun, signal: AbortSignal): Promise<Date> {
    const state = await this.rows.wait({ hostId, key: id }, (row) => !!row?.takenAt, signal);
    return state!.takenAt!;
  }

  /**
   * Resolves when the agent has told how it ended.
   * @throws the reason of `signal` when that comes first
   */
  async ended({ id, hostId }: CommandRun, signal: AbortSignal): Promise<CommandResult> {
    const state = await this.rows.wait({ hostId, key: id }, (row) => resultOf(row) !== null, signal);
    return resultOf(state)!;
  }

  /** How the run's command ended; null when nobody has told. */
  async findResult(runId: number): Promise<CommandResult | null> {
    return resultOf((await this.read([runId])).get(runId));
  }

  /**
   * From here on it goes out no more.
   * @returns whether it had gone out before: then it cannot be called back
   */
  async withdraw(runId: number): Promise<boolean> {
    const [withdrawn] = await this.commands.query<[CommandState[], number]>(WITHDRAW, [runId]);
    const state = withdrawn[0] ?? (await this.read([runId])).get(runId);
    return !!state?.takenAt;
  }

  async onModuleDestroy(): Promise<void> {
    await this.rows.close();
  }

  private async read(runIds: number[]): Promise<Map<number, CommandState>> {
    const rows = await this.commands.query<(CommandState & { runId: number })[]>(LOOK, [runIds]);
    return new Map(rows.map((row) => [row.runId, row]));
  }
}

/** Null also for a command that was withdrawn. */
function resultOf(state: CommandState | undefined): CommandResult | null {
  const exitCode = state?.exitCode ?? null;
  return exitCode === null ? null : { exitCode, output: state?.output ?? '' };
}
