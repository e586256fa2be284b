import { Injectable } from '@nestjs/common';
import { AgentWatch } from '../../agents/agent-watch.js';
import { Text } from '../../common/i18n/text.js';
import { Env } from '../../env/env.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { isInstallation } from '../pipelines.js';
import { type Evidence, RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { AgentWords } from '../work/agent-words.js';
import { UpgradeTrial } from '../work/upgrade-trial.js';
import { within } from '../work/within.js';

/** Silence is known after an interval with its jitter and a moment of grace; this leaves room for both. */
const SILENCE_INTERVALS = 1.2;
const SILENCE_EXTRA_MS = 15_000;

/** Waits until the agent that this run installed reports; after an uninstallation, until none reports any more. */
@Injectable()
export class WaitAgentStep implements InstallStep {
  readonly name = 'WAIT_AGENT';

  constructor(
    private readonly agents: AgentWatch,
    private readonly trial: UpgradeTrial,
    private readonly words: AgentWords,
    private readonly env: Env,
  ) {}

  timeoutMs({ opType }: ClaimedRun): number {
    if (opType === 'UPGRADE') return this.trial.timeoutMs;
    const installedMs = this.env.waitAgentTimeoutSeconds * 1000;
    if (isInstallation(opType)) return installedMs + this.words.timeoutMs;
    return Math.max(installedMs, this.env.heartbeatIntervalSeconds * 1000 * SILENCE_INTERVALS + SILENCE_EXTRA_MS);
  }

  timedOut(run: ClaimedRun): RunFailure {
    if (isInstallation(run.opType)) return this.unheard();
    return new RunFailure('WAIT_AGENT_TIMEOUT', stillReports(Math.round(this.timeoutMs(run) / 1000)));
  }

  async run(context: StepContext): Promise<void> {
    const { run, journal, signal } = context;
    if (run.opType === 'UPGRADE') return this.trial.decide(context);
    if (isInstallation(run.opType)) {
      await this.hear(context);
      journal.say(new Text('Agent 已上报', 'The agent has reported'));
    } else {
      await this.agents.silent(run.hostId, new Date(), signal);
      journal.say(new Text('Agent 已停止上报', 'The agent reports no more'));
    }
  }

  private async hear(context: StepContext): Promise<void> {
    const { run, signal } = context;
    const waitMs = this.env.waitAgentTimeoutSeconds * 1000;
    const version = await within(waitMs, signal, (limit) => this.agents.confirmed(run.hostId, run.id, limit));
    if (version === null) throw this.unheard(await this.words.read(context));
  }

  private unheard(evidence?: Evidence): RunFailure {
    const text = noReport(this.env.waitAgentTimeoutSeconds);
    return new RunFailure('WAIT_AGENT_TIMEOUT', text, evidence && { evidence });
  }
}

function noReport(seconds: number): Text {
  return new Text(
    `Agent 已安装并在运行，但 ${seconds} 秒内没有上报`,
    `The agent is installed and runs, but did not report within ${seconds} s`,
  );
}

function stillReports(seconds: number): Text {
  return new Text(
    `卸载脚本已完成，但 ${seconds} 秒后仍收到该主机 Agent 的上报`,
    `The uninstallation is done, but after ${seconds} s an agent still reports for this host`,
  );
}
