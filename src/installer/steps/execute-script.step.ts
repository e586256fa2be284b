import { Injectable } from '@nestjs/common';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { isInstallation } from '../pipelines.js';
import { LoginFailure, type RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { CommandAgent } from '../work/command-agent.js';
import { InstallAgent } from '../work/install-agent.js';
import { Precheck } from '../work/precheck.js';
import { UninstallAgent } from '../work/uninstall-agent.js';
import { stepTimedOut } from './step-failures.js';

/** Puts the agent on the host, takes it off, or only looks. */
@Injectable()
export class ExecuteScriptStep implements InstallStep {
  readonly name = 'EXECUTE_SCRIPT';

  constructor(
    private readonly installation: InstallAgent,
    private readonly command: CommandAgent,
    private readonly precheck: Precheck,
    private readonly uninstallation: UninstallAgent,
  ) {}

  timeoutMs({ isThroughAgent }: ClaimedRun): number {
    return isThroughAgent ? this.command.timeoutMs : 600_000;
  }

  timedOut(run: ClaimedRun): RunFailure {
    if (!run.isThroughAgent) return stepTimedOut('UNEXPECTED_RETURN', this.name, this.timeoutMs(run));
    const { errCode, text } = stepTimedOut('WAIT_AGENT_TIMEOUT', this.name, this.timeoutMs(run));
    return new LoginFailure(errCode, text);
  }

  async run(context: StepContext): Promise<void> {
    const { run } = context;
    if (isInstallation(run.opType)) return this.installation.run(context);
    if (run.opType === 'PRECHECK') return this.precheck.run(context);
    if (run.isThroughAgent) return this.command.uninstall(context);
    return this.uninstallation.run(context);
  }
}
