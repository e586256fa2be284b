import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Text } from '../../common/i18n/text.js';
import { Env } from '../../env/env.js';
import { ProxyLines } from '../../proxies/proxy-lines.js';
import { ProxiesService, type ProxyView } from '../../proxies/proxies.service.js';
import { ServerKeyService } from '../../proxies/server-key.service.js';
import { endpoint } from '../../ssh/ssh-error-texts.js';
import { SshError } from '../../ssh/ssh.errors.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { RunFailure } from '../run.failures.js';
import type { StepContext } from '../step.js';

/**
 * Makes an agent's host the door to its area: nginx for those behind it, and a way through for the server's own key,
 * which is walked once before it is believed.
 */
@Injectable()
export class InstallProxy {
  constructor(
    private readonly serverKey: ServerKeyService,
    private readonly proxies: ProxiesService,
    private readonly lines: ProxyLines,
    private readonly env: Env,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** @throws RunFailure with what the script says, or why the way through does not hold */
  async run({ host, journal, run, signal }: StepContext): Promise<void> {
    const script = await host.script(signal);
    script.set('server_key', await this.serverKey.publicKey());
    await script.call(signal, 'proxy', 'trust');
    await this.prove(run, signal);
    await this.proxies.markInstalled(this.dataSource.manager, run.hostId, run.account);
    const listen = endpoint(run.innerIp, this.env.proxyPort);
    journal.say(
      new Text(
        `PROXY 已就绪：在 ${listen} 为区域内主机提供下载和上报，并已用服务端密钥登录验证转发`,
        `The proxy is ready: it serves its area on ${listen}, and forwarding was proven by a login with the server's key`,
      ),
    );
  }

  /** By a login of its own, and a channel to its own nginx. */
  private async prove(run: ClaimedRun, signal: AbortSignal): Promise<void> {
    const { hostId, cloudId, innerIp, outerIp, port, account } = run;
    const proxy: ProxyView = { hostId, cloudId, innerIp, outerIp, port, account, isUsable: true };
    await this.lines.check(proxy, signal).catch((error: unknown) => {
      throw error instanceof SshError ? notForwarding(error) : error;
    });
  }
}

function notForwarding({ kind, happened: why }: SshError): RunFailure {
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `PROXY 已安装，但服务端无法用自己的密钥经由它转发（${why.zh}）`,
      `The proxy is installed, but the server cannot pass through it with its own key (${why.en})`,
    ),
    { sshKind: kind },
  );
}
