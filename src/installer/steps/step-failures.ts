import { Text } from '../../common/i18n/text.js';
import { ERR_CODES, type ErrCode } from '../../common/vocabulary/err-codes.js';
import { type Step, stepText } from '../../common/vocabulary/steps.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { RunFailure } from '../run.failures.js';

/** A step that ran out of its own time. */
export function stepTimedOut(errCode: ErrCode, step: Step, timeoutMs: number): RunFailure {
  const { meaning } = ERR_CODES[errCode];
  const name = stepText(step);
  const seconds = Math.round(timeoutMs / 1000);
  return new RunFailure(
    errCode,
    new Text(
      `${meaning.zh}：步骤 ${step}（${name.zh}）在 ${seconds} 秒内未完成`,
      `${meaning.en}: step ${step} (${name.en}) did not end within ${seconds} s`,
    ),
  );
}

/** Nobody has said where a host of this kind is to fetch packages from. */
export function serversMissing({ nodeType, cloudId }: Pick<ClaimedRun, 'nodeType' | 'cloudId'>): RunFailure {
  const why =
    nodeType === 'PAGENT'
      ? new Text(`云区域 ${cloudId} 没有已安装的 PROXY`, `cloud ${cloudId} has no installed proxy`)
      : emptySetting(nodeType === 'PROXY' ? 'outer_ip' : 'inner_ip');
  return new RunFailure(
    'CURL_FILE_FAILED',
    new Text(
      `没有可供主机下载安装包的地址：${why.zh}`,
      `There is no address that the host could fetch the package from: ${why.en}`,
    ),
  );
}

function emptySetting(field: string): Text {
  return new Text(`nginx 配置的 ${field} 为空`, `${field} of the nginx setting is empty`);
}
