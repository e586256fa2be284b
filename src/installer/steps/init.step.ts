import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import { ProxiesService } from '../../proxies/proxies.service.js';
import { endpoint } from '../../ssh/ssh-error-texts.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { FileServers } from '../file-servers.js';
import { isInstallation } from '../pipelines.js';
import { addressOf } from '../remote/host-routes.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Looks whether the run can be done at all, before anybody is bothered. */
@Injectable()
export class InitStep implements InstallStep {
  readonly name = 'INIT';

  constructor(
    private readonly servers: FileServers,
    private readonly proxies: ProxiesService,
  ) {}

  timeoutMs(): number {
    return 30_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('CELERY_TASK_EXCEPT', this.name, this.timeoutMs());
  }

  async run({ run, journal }: StepContext): Promise<void> {
    const { opType, nodeType, account, authType } = run;
    const where = await this.wayTo(run);
    journal.say(
      run.isThroughAgent
        ? throughAgent(run)
        : new Text(
            `${opType} ${nodeType}，主机 ${where.zh}，账号 ${account}，认证方式 ${authType}`,
            `${opType} ${nodeType} on ${where.en}, account ${account}, login by ${authType}`,
          ),
    );
    // What a PAGENT is to fetch from are the proxies, which CREATE_JOB_SCRIPT looks at.
    if (isInstallation(opType) && nodeType !== 'PAGENT') await this.servers.of(run);
  }

  private async wayTo(run: ClaimedRun): Promise<Text> {
    const { nodeType, innerIp, outerIp, port, businessId, cloudId } = run;
    if (nodeType !== 'PAGENT') {
      const where = endpoint(addressOf(run), port);
      const isOuter = nodeType === 'PROXY' && outerIp !== null;
      return isOuter ? new Text(`${where}（内网 ${innerIp}）`, `${where} (${innerIp} inside)`) : Text.verbatim(where);
    }
    const proxies = await this.proxies.of(businessId, cloudId);
    const names = proxies.map((proxy) => proxy.innerIp);
    const where = endpoint(innerIp, port);
    return new Text(
      `${where}（经由云区域 ${cloudId} 的 PROXY ${names.join('、') || '无'}）`,
      `${where} (through the proxies of cloud ${cloudId}: ${names.join(', ') || 'none'})`,
    );
  }
}

function throughAgent({ opType, nodeType, innerIp }: ClaimedRun): Text {
  return new Text(
    `${opType} ${nodeType}，主机 ${innerIp}：没有保存的密码或密钥，由主机上正在运行的 Agent 执行`,
    `${opType} ${nodeType} on ${innerIp}: no password or key is stored, the agent that runs there does it`,
  );
}
