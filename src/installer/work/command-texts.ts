import { Text } from '../../common/i18n/text.js';
import { LoginFailure, RunFailure } from '../run.failures.js';

export function commandIssued(intervalSeconds: number): Text {
  return new Text(
    `已签发卸载命令，将随 Agent 下一次上报的应答送达（上报间隔 ${intervalSeconds} 秒）`,
    `The agent is to take itself off: the command goes out with the answer to its next report (one every ${intervalSeconds} s)`,
  );
}

export function commandTaken(): Text {
  return new Text(
    '命令已随应答送达，等待 Agent 回报结果',
    'The command has gone out; waiting for the agent to tell how it ended',
  );
}

/** @param output the agent's words; may be empty */
export function commandEnded(output: string): Text {
  const said = output || '-';
  return new Text(`Agent 回报：卸载完成（${said}）`, `The agent says that it is uninstalled (${said})`);
}

/** It was installed by a server, or is of a version, that knows no commands. */
export function takesNone(version: string): LoginFailure {
  const name = version || '-';
  return new LoginFailure(
    'WAIT_AGENT_TIMEOUT',
    new Text(
      `主机没有可用的密码或密钥，而其 Agent（版本 ${name}）安装时没有得到命令密钥，不接受命令`,
      `There is no password or key for the host, and its agent (version ${name}) takes no commands: it was installed without a key for them`,
    ),
  );
}

export function neverReported(timeoutMs: number): LoginFailure {
  const seconds = Math.round(timeoutMs / 1000);
  return new LoginFailure(
    'WAIT_AGENT_TIMEOUT',
    new Text(
      `${seconds} 秒内没有收到 Agent 的上报，卸载命令未能送达`,
      `The agent did not report within ${seconds} s, so the command could not go out`,
    ),
  );
}

export function stillThere(version: string, timeoutMs: number): LoginFailure {
  const seconds = Math.round(timeoutMs / 1000);
  const name = version || '-';
  return new LoginFailure(
    'WAIT_AGENT_TIMEOUT',
    new Text(
      `卸载命令已送达，但 ${seconds} 秒后 Agent（版本 ${name}）仍在上报，没有回报结果：它不接受该命令（1.1.0 之前的版本不认识命令）`,
      `The command went out, but after ${seconds} s the agent (version ${name}) still reports, and says nothing of it: it does not take the command (versions before 1.1.0 know none)`,
    ),
  );
}

export function fellSilent(): LoginFailure {
  return new LoginFailure(
    'UNEXPECTED_RETURN',
    new Text(
      '卸载命令已送达，Agent 随后不再上报，也没有回报结果：卸载可能已完成，也可能中断',
      'The command went out, and the agent fell silent without saying how it ended: it may be uninstalled, or cut off in the middle',
    ),
  );
}

/** @param output the agent's words */
export function commandFailed(exitCode: number, output: string): RunFailure {
  const said = output || '-';
  return new RunFailure(
    'INSTALL_FAILED',
    new Text(
      `Agent 卸载自身失败（退出码 ${exitCode}）：${said}`,
      `The agent could not take itself off (exit code ${exitCode}): ${said}`,
    ),
    { evidence: { command: 'uninstall', exitCode, output: output ? [output] : [] } },
  );
}
