import { Text } from '../../common/i18n/text.js';
import type { Step } from '../../common/vocabulary/steps.js';
import type { ProxyView } from '../../proxies/proxies.service.js';
import { LoginFailure, RunFailure } from '../run.failures.js';
import type { ProxyFailure } from './proxy-route.js';

/** Until a session with the host is up, nothing was done there. */
const BEFORE_THE_WORK: ReadonlySet<Step> = new Set<Step>(['INIT', 'CREATE_JOB_SCRIPT', 'SSH_LOGIN']);

/** @param others how many more can be used */
export function through({ innerIp }: ProxyView, others: number): Text {
  return new Text(
    `经由 PROXY ${innerIp}${others > 0 ? `（另有 ${others} 个可用）` : '（没有其他可用的）'}`,
    `Through proxy ${innerIp} (${others > 0 ? `${others} more can be used` : 'no other can be used'})`,
  );
}

export function goingOn({ innerIp }: ProxyView, why: Text): Text {
  return new Text(
    `PROXY ${innerIp} 不可用（${why.zh}），重新执行本步骤`,
    `Proxy ${innerIp} failed (${why.en}); this step is done again`,
  );
}

export function proxyLost(): Text {
  return new Text('会话中断，之后该 PROXY 没有应答', 'the session broke, and the proxy did not answer afterwards');
}

/** @param failures those of this step; empty: the area has no proxy at all */
export function noProxyLeft(step: Step, cloudId: number, failures: readonly ProxyFailure[]): RunFailure {
  const list = (locale: 'zh' | 'en', separator: string): string =>
    failures.map(({ proxy, why }) => `PROXY ${proxy.innerIp}: ${why[locale]}`).join(separator);
  const text =
    failures.length === 0
      ? new Text(`云区域 ${cloudId} 没有已安装的 PROXY`, `Cloud ${cloudId} has no installed proxy`)
      : new Text(
          `云区域 ${cloudId} 的 PROXY 均不可用（${list('zh', '；')}）`,
          `None of the proxies of cloud ${cloudId} can be used (${list('en', '; ')})`,
        );
  return BEFORE_THE_WORK.has(step) ? new LoginFailure('START_JOB_FAILED', text) : new RunFailure('IJOBS_FAILED', text);
}
