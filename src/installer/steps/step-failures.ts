import { Text } from '../../common/i18n/text.js';
import { ERR_CODES, type ErrCode } from '../../common/vocabulary/err-codes.js';
import { type Step, stepText } from '../../common/vocabulary/steps.js';
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

export function serversMissing(): RunFailure {
  return new RunFailure(
    'CURL_FILE_FAILED',
    new Text(
      '没有可供主机下载安装包的地址：nginx 配置的 inner_ip 为空',
      'There is no address that the host could fetch the package from: inner_ip of the nginx setting is empty',
    ),
  );
}
