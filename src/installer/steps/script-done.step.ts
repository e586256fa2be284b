import { Injectable } from '@nestjs/common';
import { AgentCommands } from '../../agents/agent-commands.service.js';
import { Text } from '../../common/i18n/text.js';
import { PackageOrder } from '../package-order.js';
import { isInstallation } from '../pipelines.js';
import type { RemoteScript } from '../remote/remote-script.js';
import { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { UninstallAgent } from '../work/uninstall-agent.js';
import { UpgradeTrial } from '../work/upgrade-trial.js';
import { stepTimedOut } from './step-failures.js';

/** Proves on the host what the script did, and leaves it where the rest of the run needs no session. */
@Injectable()
export class ScriptDoneStep implements InstallStep {
  readonly name = 'SCRIPT_DONE';

  constructor(
    private readonly orders: PackageOrder,
    private readonly commands: AgentCommands,
    private readonly uninstallation: UninstallAgent,
    private readonly trial: UpgradeTrial,
  ) {}

  timeoutMs(): number {
    return 240_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('UNEXPECTED_RETURN', this.name, this.timeoutMs());
  }

  async run(context: StepContext): Promise<void> {
    const { host, run, signal } = context;
    if (run.isThroughAgent) return this.sayResult(context);
    // A check has changed nothing that could be looked at.
    if (run.opType === 'PRECHECK') return leave(context);
    if (!isInstallation(run.opType)) {
      await this.uninstallation.prove(context);
      return leave(context);
    }
    const script = await host.script(signal);
    await this.orders.tell(script, context);
    if (run.opType === 'UPGRADE') return this.verifyOnTrial(script, context);
    await script.call(signal, 'verify');
    await leave(context);
  }

  /** The session stays: should the agent not report, the version of before comes back. */
  private async verifyOnTrial(script: RemoteScript, context: StepContext): Promise<void> {
    try {
      await script.call(context.signal, 'verify');
    } catch (error) {
      // Anything else is the session's end, and not what the script found.
      if (!(error instanceof RunFailure) || error.errCode !== 'INSTALL_FAILED') throw error;
      await this.trial.abandon(context, error);
    }
  }

  private async sayResult({ run, journal }: StepContext): Promise<void> {
    const result = await this.commands.findResult(run.id);
    if (result === null) throw new Error(`The command of run ${run.id} has no result`);
    const said = result.output || '-';
    journal.say(
      new Text(
        `Agent 回报的结果：退出码 ${result.exitCode}，${said}`,
        `What the agent told: exit code ${result.exitCode}, ${said}`,
      ),
    );
  }
}

async function leave({ host, journal }: StepContext): Promise<void> {
  const proof = await host.stop();
  journal.say(
    proof === 'unproven'
      ? new Text('脚本未应答结束请求，会话关闭', 'The script did not answer the request to end; leaving the host')
      : new Text('脚本已结束，会话关闭', 'The script has ended; leaving the host'),
  );
  await host.close();
}
