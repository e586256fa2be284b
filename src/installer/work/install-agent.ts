import { Injectable } from '@nestjs/common';
import { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { PackageOrder } from '../package-order.js';
import type { StepContext } from '../step.js';

/** Puts the agent on a host: the package where it lacks, a token of this run's, and the script's `install`. */
@Injectable()
export class InstallAgent {
  constructor(
    private readonly orders: PackageOrder,
    private readonly tokens: AgentTokensService,
  ) {}

  /** @throws RunFailure with what the script says */
  async run(context: StepContext): Promise<void> {
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
