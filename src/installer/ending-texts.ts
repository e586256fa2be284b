import { Text } from '../common/i18n/text.js';
import { type Step, stepText } from '../common/vocabulary/steps.js';
import type { ClaimedRun } from '../tasks/run-claims.js';
import type { StopProof } from './remote/remote-host.js';
import type { Settled } from './work/settle-texts.js';

/** What is known of the host's side, after a run was stopped. */
const PROOFS: Readonly<Record<StopProof, Text>> = {
  none: new Text('停止时主机上没有正在执行的脚本', 'Nothing of it was running on the host'),
  gone: new Text('主机上的进程组已结束，并已确认', 'The process group on the host was stopped and seen to be gone'),
  unproven: new Text(
    '未能确认主机上的进程已结束；脚本会在会话中断时自行停止，如有疑问请在主机上检查',
    'The process group on the host could not be proven gone; the script stops by itself when its session dies. When in doubt, look on the host',
  ),
};

export function withProof(why: Text, proof: StopProof): Text {
  const { zh, en } = PROOFS[proof];
  return new Text(`${why.zh}。${zh}`, `${why.en}. ${en}`);
}

/** @param settled null when there was nothing to undo */
export function withSettlement(why: Text, proof: StopProof, settled: Settled | null): Text {
  if (settled === null) return withProof(why, proof);
  // Where all is undone nothing of it is alive; and where we had no script, somebody else's may be.
  const known = settled.isClean && proof === 'unproven' ? 'gone' : proof;
  const { zh, en } = known === 'none' ? why : withProof(why, known);
  return new Text(`${zh}。${settled.text.zh}`, `${en}. ${settled.text.en}`);
}

export function succeeded({ opType }: ClaimedRun): Text {
  switch (opType) {
    case 'UNINSTALL':
      return new Text('卸载成功', 'Uninstalled');
    case 'REMOVE':
      return new Text('已移出管理', 'Removed from management');
    case 'PRECHECK':
      return new Text('检查全部通过', 'All checks passed');
    case 'UPGRADE':
      return new Text('升级成功，Agent 正在运行', 'Upgraded; the agent is up');
    default:
      return new Text('安装成功，Agent 正在运行', 'Installed; the agent is up');
  }
}

/** @param by may be empty */
export function cancelled(by: string, step: Step): Text {
  const name = stepText(step);
  return new Text(
    by ? `已由 ${by} 在步骤 ${step}（${name.zh}）终止` : `已在步骤 ${step}（${name.zh}）终止`,
    by ? `Stopped by ${by} at step ${step} (${name.en})` : `Stopped at step ${step} (${name.en})`,
  );
}

export function timedOut(step: Step): Text {
  const name = stepText(step);
  return new Text(
    `整个任务超过了 timeout 配置的时间，停在步骤 ${step}（${name.zh}）`,
    `The run as a whole passed the timeout setting while at step ${step} (${name.en})`,
  );
}

/** @param id also stands in the server's own log, with the cause */
export function unexpected(id: string, step: Step): Text {
  return new Text(
    `步骤 ${step} 时服务端出现异常，编号 ${id}`,
    `Something failed on the server at step ${step}, id ${id}`,
  );
}

export function handedBack(proof: StopProof): Text {
  return withProof(
    new Text(
      '执行进程正在停机，任务交回队列，将由其他进程继续',
      'The worker shuts down and hands the run back; another one goes on with it',
    ),
    proof,
  );
}
