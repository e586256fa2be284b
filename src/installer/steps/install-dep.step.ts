import { Injectable } from '@nestjs/common';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Looks for the commands that the script needs, and has the package manager bring those that lack; for a PROXY also nginx. */
@Injectable()
export class InstallDepStep implements InstallStep {
  readonly name = 'INSTALL_DEP';

  timeoutMs(): number {
    return 660_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('COMMAND_NOT_FOUND', this.name, this.timeoutMs());
  }

  async run({ host, run, signal }: StepContext): Promise<void> {
    const script = await host.script(signal);
    await script.call(signal, 'deps');
    if (run.nodeType === 'PROXY') await script.call(signal, 'deps_proxy');
  }
}
