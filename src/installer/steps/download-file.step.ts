import { Injectable } from '@nestjs/common';
import { PackageOrder } from '../package-order.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Has the host fetch the package that fits it; one that is there with the right checksum is not fetched again. */
@Injectable()
export class DownloadFileStep implements InstallStep {
  readonly name = 'DOWNLOAD_FILE';

  constructor(private readonly orders: PackageOrder) {}

  timeoutMs(): number {
    return 900_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('CURL_FILE_FAILED', this.name, this.timeoutMs());
  }

  async run(context: StepContext): Promise<void> {
    const script = await context.host.script(context.signal);
    await this.orders.tell(script, context);
    await script.ensure(context.signal, 'download');
  }
}
