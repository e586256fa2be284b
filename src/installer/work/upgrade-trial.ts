import { Injectable } from '@nestjs/common';
import { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { AgentWatch } from '../../agents/agent-watch.js';
import { Env } from '../../env/env.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { persistently } from '../persistence.js';
import type { RunFailure } from '../run.failures.js';
import type { StepContext } from '../step.js';
import { inTwoSessions } from './two-sessions.js';
import {
  goingBack,
  kept,
  onTrial,
  tooLateToGoBack,
  unheard,
  upgraded,
  upgradeNotUndone,
  upgradeUndone,
} from './upgrade-texts.js';
import { within } from './within.js';

/** What logging in again, going back and starting the old version may take. */
const DECIDE_MS = 180_000;
/** The old version reports at its start; an interval more is for one that had to wait. */
const HEAR_INTERVALS = 1.2;
const HEAR_EXTRA_MS = 10_000;

/**
 * Decides an upgrade: the new version stays when its agent reports in time, else the old one comes back. Where nobody
 * decides, since the session or the worker is lost, a watchdog on the host does.
 */
@Injectable()
export class UpgradeTrial {
  private readonly waitMs: number;
  private readonly hearMs: number;

  constructor(
    private readonly agents: AgentWatch,
    private readonly tokens: AgentTokensService,
    env: Env,
  ) {
    this.waitMs = env.waitAgentTimeoutSeconds * 1000;
    this.hearMs = HEAR_INTERVALS * env.heartbeatIntervalSeconds * 1000 + HEAR_EXTRA_MS;
  }

  /** How long all of it may take. */
  get timeoutMs(): number {
    return this.waitMs + DECIDE_MS + this.hearMs;
  }

  /** @throws RunFailure saying what became of the old version, when the new one did not report */
  async decide(context: StepContext): Promise<void> {
    const { run, journal, signal } = context;
    journal.say(onTrial(this.waitMs));
    const version = await within(this.waitMs, signal, (limit) => this.agents.confirmed(run.hostId, run.id, limit));
    if (version !== null) return this.keep(context, version);
    if (await this.withdraw(context)) return this.goBack(context, unheard(this.waitMs));
    await this.keep(context, (await this.agents.look(run.hostId))?.version ?? '');
  }

  /**
   * Ends the trial of a version that does not even run.
   * @throws RunFailure with `failure`'s words and what became of the old version
   */
  async abandon(context: StepContext, failure: RunFailure): Promise<never> {
    if (await this.withdraw(context)) return this.goBack(context, failure);
    throw tooLateToGoBack(failure);
  }

  private async keep(context: StepContext, version: string): Promise<void> {
    const { run, host, journal } = context;
    journal.say(kept(version));
    await inTwoSessions(context, (script) => script.call(context.signal, 'keep'));
    await host.stop();
    await host.close();
    journal.outcome = upgraded(run.agentVersion, version);
  }

  /** @param failure why the new version does not stay */
  private async goBack(context: StepContext, failure: RunFailure): Promise<never> {
    const { run, host, journal, signal } = context;
    journal.say(goingBack(failure));
    const before = run.isAgentInstalled ? await this.agents.look(run.hostId) : null;
    try {
      await inTwoSessions(context, (script) => script.call(signal, 'back'));
    } catch (error) {
      signal.throwIfAborted();
      throw upgradeNotUndone(failure, error);
    }
    await host.stop();
    throw upgradeUndone(run, failure, before && (await this.hear(run, before.now, signal)));
  }

  /** Once the token of the new version is dead, nothing it says can make the old one's so. @returns false: too late */
  private withdraw({ run, signal }: StepContext): Promise<boolean> {
    return persistently(() => this.tokens.withdraw(run.hostId, run.id), signal);
  }

  /** Null when the old version was not heard of in time. */
  private hear({ hostId }: ClaimedRun, since: Date, signal: AbortSignal): Promise<string | null> {
    return within(this.hearMs, signal, (limit) => this.agents.reported(hostId, since, limit));
  }
}
