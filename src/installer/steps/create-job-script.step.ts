import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import { ProxiesService, type ProxyView } from '../../proxies/proxies.service.js';
import { noProxyLeft } from '../remote/proxy-texts.js';
import { ScriptSource } from '../remote/script-source.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Prepares what goes through a proxy: the script, and the proxies that could pass it on. */
@Injectable()
export class CreateJobScriptStep implements InstallStep {
  readonly name = 'CREATE_JOB_SCRIPT';

  constructor(
    private readonly proxies: ProxiesService,
    private readonly source: ScriptSource,
  ) {}

  timeoutMs(): number {
    return 30_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('START_JOB_FAILED', this.name, this.timeoutMs());
  }

  async run({ run, journal }: StepContext): Promise<void> {
    const proxies = await this.proxies.of(run.businessId, run.cloudId);
    if (proxies.length === 0) throw noProxyLeft(this.name, run.cloudId, []);
    const { script } = await this.source.read();
    const kibibytes = Math.ceil(Buffer.byteLength(script) / 1024);
    journal.say(
      new Text(
        `脚本 ${kibibytes} KiB，可经由 ${proxies.map(inChinese).join('、')}`,
        `Script of ${kibibytes} KiB, to go through ${proxies.map(inEnglish).join(', ')}`,
      ),
    );
  }
}

function inChinese({ innerIp, isUsable }: ProxyView): string {
  return `PROXY ${innerIp}（${isUsable ? '可用' : '当前不可用'}）`;
}

function inEnglish({ innerIp, isUsable }: ProxyView): string {
  return `proxy ${innerIp} (${isUsable ? 'usable' : 'not usable now'})`;
}
