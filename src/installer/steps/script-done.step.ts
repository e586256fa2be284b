import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import { PackageOrder } from '../package-order.js';
import { isInstallation } from '../pipelines.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Proves on the host what the script did, and leaves it: the rest of the run needs no session. */
@Injectable()
export class ScriptDoneStep implements InstallStep {
  readonly name = 'SCRIPT_DONE';

  constructor(private readonly orders: PackageOrder) {}

  timeoutMs(): number {
    return 240_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('UNEXPECTED_RETURN', this.name, this.timeoutMs());
  }

  async run(context: StepContext): Promise<void> {
    const { host, journal, run, signal } = context;
    const script = await host.script(signal);
    if (isInstallation(run.opType)) {
      await this.orders.tell(script, context);
      await script.call(signal, 'verify');
    } else {
      await script.call(signal, 'gone');
    }
    const proof = await host.stop();
    journal.say(
      proof === 'gone'
        ? new Text('脚本已结束，会话关闭', 'The script has ended; leaving the host')
        : new Text('脚本未应答结束请求，会话关闭', 'The script did not answer the request to end; leaving the host'),
    );
    await host.close();
  }
}
