import { Injectable } from '@nestjs/common';
import { ServerKeyService } from '../../proxies/server-key.service.js';
import type { RemoteScript } from '../remote/remote-script.js';
import type { StepContext } from '../step.js';

/** Takes the agent off a host, and looks that nothing of it is left. */
@Injectable()
export class UninstallAgent {
  constructor(private readonly serverKey: ServerKeyService) {}

  /** @throws RunFailure with what the script says */
  async run(context: StepContext): Promise<void> {
    const script = await this.script(context);
    await script.call(context.signal, 'uninstall');
  }

  /** @throws RunFailure that lists what is left */
  async prove(context: StepContext): Promise<void> {
    const script = await this.script(context);
    await script.call(context.signal, 'gone');
  }

  /** A proxy is told which key is ours: it is looked for in the account's file too, not only where it was noted. */
  private async script({ host, run, signal }: StepContext): Promise<RemoteScript> {
    const script = await host.script(signal);
    if (run.nodeType === 'PROXY') script.set('server_key', await this.serverKey.publicKey());
    return script;
  }
}
