import { Text } from '../../common/i18n/text.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { RunFailure } from '../run.failures.js';

type Upgraded = Pick<ClaimedRun, 'isAgentInstalled' | 'agentVersion'>;

export function onTrial(timeoutMs: number): Text {
  const seconds = Math.round(timeoutMs / 1000);
  return new Text(
    `新版本试运行：${seconds} 秒内上报则保留，否则恢复旧版本`,
    `The new version is on trial: it stays when it reports within ${seconds} s, else the old one comes back`,
  );
}

export function kept(version: string): Text {
  return new Text(`Agent ${version} 已上报，保留新版本`, `The agent ${version} has reported: the new version stays`);
}

/** @param from as it last reported before; the same as `to`, or empty, where that is not known any more */
export function upgraded(from: string, to: string): Text {
  if (from === '' || from === to) return new Text(`升级成功，Agent ${to} 正在运行`, `Upgraded; the agent ${to} is up`);
  return new Text(`升级成功：${from} → ${to}，Agent 正在运行`, `Upgraded from ${from} to ${to}; the agent is up`);
}

export function unheard(timeoutMs: number): RunFailure {
  const seconds = Math.round(timeoutMs / 1000);
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `新版本的 Agent 已安装并启动，但 ${seconds} 秒内没有上报`,
      `The new agent was installed and started, but did not report within ${seconds} s`,
    ),
  );
}

export function goingBack({ text }: RunFailure): Text {
  return new Text(`${text.zh}；正在恢复旧版本`, `${text.en}: going back to the old version`);
}

/**
 * @param failure why the new version does not stay
 * @param version of the old agent that reports again; null: it was not heard of yet
 */
export function upgradeUndone(
  { isAgentInstalled, agentVersion }: Upgraded,
  { text, clues }: RunFailure,
  version: string | null,
): RunFailure {
  const name = version ?? agentVersion;
  const back = !isAgentInstalled
    ? new Text('新版本已移除（此前没有 Agent）', 'It is taken off again, since there was no agent before')
    : version === null
      ? new Text(`旧版本 ${name} 已恢复，尚未收到它的上报`, `The old version ${name} is back, and has not reported yet`)
      : new Text(`旧版本 ${name} 已恢复并重新上报`, `The old version ${name} is back, and reports again`);
  return new RunFailure('INSTALL_FAILED', new Text(`${text.zh}。${back.zh}`, `${text.en}. ${back.en}`), clues);
}

/** @param error what the attempt to go back failed with */
export function upgradeNotUndone({ text, clues }: RunFailure, error: unknown): RunFailure {
  const why = error instanceof RunFailure ? error.text : Text.verbatim((error as Error).message);
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `${text.zh}，恢复旧版本也未成功：${why.zh}。试运行时间结束后，主机会自行恢复旧版本`,
      `${text.en}, and going back to the old version failed: ${why.en}. The host goes back by itself when the time of the trial is over`,
    ),
    error instanceof RunFailure ? error.clues : clues,
  );
}

/** It has reported, so the token of the old version is dead. */
export function tooLateToGoBack({ errCode, text, clues }: RunFailure): RunFailure {
  return new RunFailure(
    errCode,
    new Text(
      `${text.zh}。新版本已经上报过，不再恢复旧版本；可用 REINSTALL 并指定 version 装回`,
      `${text.en}. The new version had reported, so the old one does not come back: REINSTALL with its version`,
    ),
    clues,
  );
}
