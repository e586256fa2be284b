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

export function goingBack(timeoutMs: number): Text {
  const seconds = Math.round(timeoutMs / 1000);
  return new Text(
    `新版本的 Agent 在 ${seconds} 秒内没有上报，正在恢复旧版本`,
    `The new agent did not report within ${seconds} s: going back to the old version`,
  );
}

/** @param version of the old agent that reports again; null: it was not heard of yet */
export function upgradeUndone(
  { isAgentInstalled, agentVersion }: Upgraded,
  timeoutMs: number,
  version: string | null,
): RunFailure {
  const seconds = Math.round(timeoutMs / 1000);
  const name = version ?? agentVersion;
  const back = !isAgentInstalled
    ? new Text('新版本已移除（此前没有 Agent）', 'It is taken off again, since there was no agent before')
    : version === null
      ? new Text(`旧版本 ${name} 已恢复，尚未收到它的上报`, `The old version ${name} is back, and has not reported yet`)
      : new Text(`旧版本 ${name} 已恢复并重新上报`, `The old version ${name} is back, and reports again`);
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `新版本的 Agent 已安装并启动，但 ${seconds} 秒内没有上报。${back.zh}`,
      `The new agent was installed and started, but did not report within ${seconds} s. ${back.en}`,
    ),
  );
}

/** @param error what the attempt to go back failed with */
export function upgradeNotUndone(timeoutMs: number, error: unknown): RunFailure {
  const seconds = Math.round(timeoutMs / 1000);
  const why = error instanceof RunFailure ? error.text : Text.verbatim((error as Error).message);
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `新版本的 Agent 在 ${seconds} 秒内没有上报，恢复旧版本也未成功：${why.zh}。试运行时间结束后，主机会自行恢复旧版本`,
      `The new agent did not report within ${seconds} s, and going back to the old version failed: ${why.en}. The host goes back by itself when the time of the trial is over`,
    ),
    error instanceof RunFailure ? error.clues : {},
  );
}
