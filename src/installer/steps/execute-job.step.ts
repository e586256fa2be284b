import { Injectable } from '@nestjs/common';
import { stepText } from '../../common/vocabulary/steps.js';
import { Env } from '../../env/env.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { InstallAgent } from '../work/install-agent.js';
import { stepTimedOut } from './step-failures.js';

/** Behind a proxy, where sessions are dear: dependencies, download and installation in one. */
@Injectable()
export class ExecuteJobStep implements InstallStep {
  readonly name = 'EXECUTE_JOB';

  constructor(
    private readonly installation: InstallAgent,
    private readonly env: Env,
  ) {}

  timeoutMs(): number {
    return this.env.jobTimeoutSeconds * 1000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('JOB_TIMEOUT', this.name, this.timeoutMs());
  }

  async run(context: StepContext): Promise<void> {
    const { host, journal, signal } = context;
    const script = await host.script(signal);
    journal.say(stepText('INSTALL_DEP'));
    await script.ensure(signal, 'deps');
    await this.installation.run(context);
  }
}
