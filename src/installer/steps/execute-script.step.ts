import { Injectable } from '@nestjs/common';
import { isInstallation } from '../pipelines.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { InstallAgent } from '../work/install-agent.js';
import { stepTimedOut } from './step-failures.js';

/** Puts the agent on the host, or takes it off. */
@Injectable()
export class ExecuteScriptStep implements InstallStep {
  readonly name = 'EXECUTE_SCRIPT';

  constructor(private readonly installation: InstallAgent) {}

  timeoutMs(): number {
    return 600_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('UNEXPECTED_RETURN', this.name, this.timeoutMs());
  }

  async run(context: StepContext): Promise<void> {
    if (isInstallation(context.run.opType)) return this.installation.run(context);
    const script = await context.host.script(context.signal);
    await script.call(context.signal, 'uninstall');
  }
}
