import { Injectable } from '@nestjs/common';
import { AgentCommands } from '../../agents/agent-commands.service.js';
import type { Step } from '../../common/vocabulary/steps.js';
import { isInstallation, pipelineOf } from '../pipelines.js';
import type { RunInProgress } from '../run-in-progress.js';
import { SettleHost } from './settle-host.js';
import { commandWithdrawn, type Settled } from './settle-texts.js';

/** Brings what a cancelled run has begun to an end that leaves nothing behind. */
@Injectable()
export class Settlement {
  constructor(
    private readonly hosts: SettleHost,
    private readonly commands: AgentCommands,
  ) {}

  /**
   * To be called once the script is stopped.
   * @param isProven whether that was seen; a session in which it was not is of no more use
   * @returns what became of the host; null when nothing can have been done there
   * @throws the reason of the hold's `leaveSignal` when that aborts
   */
  async settle({ hold, host, journal }: RunInProgress, isProven: boolean): Promise<Settled | null> {
    const { run, leaveSignal: signal } = hold;
    if (run.isThroughAgent) return commandWithdrawn(await this.commands.withdraw(run.id));
    if (!isInstallation(run.opType) || !hasBegun([journal.step, ...run.finishedSteps], pipelineOf(run).steps)) {
      return null;
    }
    if (!isProven) await host.close();
    return this.hosts.settle({ run, host, journal, signal });
  }
}

/** Before the login, and in it, nothing on the host is changed. */
function hasBegun(reached: readonly Step[], pipeline: readonly Step[]): boolean {
  const login = pipeline.indexOf('SSH_LOGIN');
  return reached.some((step) => pipeline.indexOf(step) > login);
}
