import { Injectable } from '@nestjs/common';
import { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { PackageOrder } from '../package-order.js';
import { isInstallation } from '../pipelines.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Puts the agent on the host, or takes it off. */
@Injectable()
export class ExecuteScriptStep implements InstallStep {
  readonly name = 'EXECUTE_SCRIPT';

  constructor(
    private readonly orders: PackageOrder,
    private readonly tokens: AgentTokensService,
  ) {}

  timeoutMs(): number {
    return 600_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('UNEXPECTED_RETURN', this.name, this.timeoutMs());
  }

  async run(context: StepContext): Promise<void> {
    if (isInstallation(context.run.opType)) return this.install(context);
    const script = await context.host.script(context.signal);
    await script.call(context.signal, 'uninstall');
  }

  private async install(context: StepContext): Promise<void> {
    const { host, journal, run, signal } = context;
    const script = await host.script(signal);
    await this.orders.tell(script, context);
    // Where a run goes on in a new session, another package may be the right one by now.
    await script.ensure(signal, 'download');
    const token = await this.tokens.issue(run.hostId, run.id);
    journal.redactor.learn(token);
    script.set('token', token);
    await script.call(signal, 'install');
  }
}
