import { Injectable } from '@nestjs/common';
import { AgentCommands, type CommandResult } from '../../agents/agent-commands.service.js';
import { AgentWatch } from '../../agents/agent-watch.js';
import { Env } from '../../env/env.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import type { StepContext } from '../step.js';
import {
  commandEnded,
  commandFailed,
  commandIssued,
  commandTaken,
  fellSilent,
  neverReported,
  stillThere,
  takesNone,
} from './command-texts.js';
import { within } from './within.js';

/** Agents report every interval and a tenth of it; a report, and its answer, may take a moment on top. */
const TAKE_INTERVALS = 1.2;
const TAKE_EXTRA_MS = 10_000;
/** Its silence is known after an interval at most, or by a goodbye as it begins; its last word comes when it is done. */
const END_INTERVALS = 1.3;
const END_EXTRA_MS = 50_000;
const LAST_WORD_MS = 40_000;

/**
 * Has the agent of a host take itself off, where there is nothing to log in with: the command goes out with the answer
 * to its next report, and the result comes with its last one.
 */
@Injectable()
export class CommandAgent {
  private readonly takeMs: number;
  private readonly endMs: number;

  constructor(
    private readonly commands: AgentCommands,
    private readonly agents: AgentWatch,
    private readonly env: Env,
  ) {
    const intervalMs = env.heartbeatIntervalSeconds * 1000;
    this.takeMs = TAKE_INTERVALS * intervalMs + TAKE_EXTRA_MS;
    this.endMs = END_INTERVALS * intervalMs + END_EXTRA_MS;
  }

  /** How long all of it may take. */
  get timeoutMs(): number {
    return this.takeMs + this.endMs;
  }

  /** @throws RunFailure when the agent does not take the command, does not succeed, or is not heard of again */
  async uninstall({ run, journal, signal }: StepContext): Promise<void> {
    if (!(await this.commands.issue(run))) throw takesNone(run.agentVersion);
    journal.say(commandIssued(this.env.heartbeatIntervalSeconds));
    const takenAt = await this.taken(run, signal);
    journal.say(commandTaken());
    const { exitCode, output } = await this.ended(run, takenAt, signal);
    if (exitCode !== 0) throw commandFailed(exitCode, output);
    journal.say(commandEnded(output));
  }

  private async taken(run: ClaimedRun, signal: AbortSignal): Promise<Date> {
    const takenAt = await within(this.takeMs, signal, (limit) => this.commands.taken(run, limit));
    if (takenAt === null) throw neverReported(this.takeMs);
    return takenAt;
  }

  private async ended(run: ClaimedRun, takenAt: Date, signal: AbortSignal): Promise<CommandResult> {
    const result = await within(this.endMs, signal, (limit) =>
      Promise.race([this.commands.ended(run, limit), this.lastWord(run, takenAt, limit)]),
    );
    if (result === null) throw stillThere(run.agentVersion, this.endMs);
    return result;
  }

  /** An agent that is not heard of any more may have said its last word just before. */
  private async lastWord(run: ClaimedRun, takenAt: Date, signal: AbortSignal): Promise<CommandResult> {
    await this.agents.silent(run.hostId, takenAt, signal);
    const result = await within(LAST_WORD_MS, signal, (limit) => this.commands.ended(run, limit));
    if (result === null) throw fellSilent();
    return result;
  }
}
