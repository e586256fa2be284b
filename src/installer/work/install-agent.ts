import { Injectable } from '@nestjs/common';
import { AgentCommandKeys } from '../../agents/agent-command-keys.service.js';
import { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { Env } from '../../env/env.js';
import { PackageOrder } from '../package-order.js';
import type { RemoteScript } from '../remote/remote-script.js';
import type { StepContext } from '../step.js';
import { InstallProxy } from './install-proxy.js';

/** How much longer than we wait for its first report the host itself waits, before it takes the old version back. */
const TRIAL_MARGIN_SECONDS = 30;

/** Puts the agent on a host: the package where it lacks, a token of this run's, and the script's `install`. */
@Injectable()
export class InstallAgent {
  constructor(
    private readonly orders: PackageOrder,
    private readonly tokens: AgentTokensService,
    private readonly commandKeys: AgentCommandKeys,
    private readonly proxy: InstallProxy,
    private readonly env: Env,
  ) {}

  /** On a PROXY also all that makes it a door. @throws RunFailure with what the script says */
  async run(context: StepContext): Promise<void> {
    const { host, run, signal } = context;
    const script = await host.script(signal);
    await this.orders.tell(script, context);
    // Where a run goes on in a new session, another package may be the right one by now.
    await script.ensure(signal, 'download');
    await this.tellSecrets(script, context);
    if (run.opType === 'UPGRADE') script.set('trial', String(this.env.waitAgentTimeoutSeconds + TRIAL_MARGIN_SECONDS));
    await script.call(signal, 'install');
    if (run.nodeType === 'PROXY') await this.proxy.run(context);
  }

  private async tellSecrets(script: RemoteScript, { run, journal }: StepContext): Promise<void> {
    const token = await this.tokens.issue(run.hostId, run.id);
    const commandKey = await this.commandKeys.forHost(run.hostId);
    journal.redactor.learn(token);
    journal.redactor.learn(commandKey);
    script.set('token', token);
    script.set('command_key', commandKey);
  }
}
