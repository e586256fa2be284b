import { Text } from '../../common/i18n/text.js';
import { ERR_CODES, type ErrCode } from '../../common/vocabulary/err-codes.js';
import { evidenceOf } from '../../ssh/evidence.js';
import { type FailureClues, RunFailure } from '../run.failures.js';

/** The codes that the script may give; any other is a mistake of its own. */
const SCRIPT_CODES: ReadonlySet<string> = new Set<ErrCode>(['COMMAND_NOT_FOUND', 'CURL_FILE_FAILED', 'INSTALL_FAILED']);

/** A failed download names each of up to 16 servers with its own cause. */
const LONGEST_SENTENCE = 3_000;

/** The script said that a call failed, and why. @param sentence already masked */
export function callFailed(errCode: string, sentence: string, clues: FailureClues): RunFailure {
  const code = (SCRIPT_CODES.has(errCode) ? errCode : 'INSTALL_FAILED') as ErrCode;
  const { meaning } = ERR_CODES[code];
  const said = evidenceOf(sentence, [], LONGEST_SENTENCE);
  return new RunFailure(code, new Text(`${meaning.zh}：${said}`, `${meaning.en}: ${said}`), clues);
}

/** A call's shell ended without a word. */
export function callKilled(call: string, code: number, clues: FailureClues): RunFailure {
  const how = code > 128 ? new Text(`被信号 ${code - 128} 终止`, `killed by signal ${code - 128}`) : exitText(code);
  return new RunFailure(
    'UNEXPECTED_RETURN',
    new Text(
      `脚本的 ${call} 异常结束（${how.zh}），没有说明原因`,
      `The script's ${call} ended without saying how (${how.en})`,
    ),
    clues,
  );
}

/** The whole script ended while we waited for it. */
export function diedEarly(code: number | null, signal: string | null, clues: FailureClues): RunFailure {
  const how = signal === null ? exitText(code ?? -1) : new Text(`被 ${signal} 终止`, `killed by ${signal}`);
  return new RunFailure(
    'UNEXPECTED_RETURN',
    new Text(`主机上的脚本意外退出（${how.zh}）`, `The script on the host ended unexpectedly (${how.en})`),
    clues,
  );
}

/** The script answered something that does not fit. @param what in our own words */
export function endedEarly(what: string): RunFailure {
  return new RunFailure(
    'UNEXPECTED_RETURN',
    new Text(`脚本的应答不合规（${what}）`, `The script answered out of turn (${what})`),
  );
}

export function neverReady(timeoutMs: number, clues: FailureClues): RunFailure {
  const seconds = timeoutMs / 1000;
  return new RunFailure(
    'UNEXPECTED_RETURN',
    new Text(`已登录，但脚本 ${seconds} 秒内没有启动`, `Logged in, but the script did not start within ${seconds} s`),
    clues,
  );
}

function exitText(code: number): Text {
  return new Text(`退出码 ${code}`, `exit code ${code}`);
}
