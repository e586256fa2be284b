import { Text } from '../i18n/text.js';

/** Every step that a run can stand at, in the words of the interface document; the last two are ends, not work. */
export const STEPS = {
  INIT: new Text('任务初始化', 'Initializing'),
  SSH_LOGIN: new Text('登录目标主机', 'Logging in to the host'),
  INSTALL_DEP: new Text('安装基础依赖', 'Installing dependencies'),
  DOWNLOAD_FILE: new Text('下载安装包', 'Downloading the package'),
  EXECUTE_SCRIPT: new Text('执行安装脚本', 'Running the script'),
  SCRIPT_DONE: new Text('安装脚本执行完毕', 'The script is done'),
  REGISTER_CMDB: new Text('注册主机到CMDB', 'Registering the host with the CMDB'),
  WAIT_AGENT: new Text('等待Agent连接就绪', 'Waiting for the agent'),
  CREATE_JOB_SCRIPT: new Text('准备安装脚本', 'Preparing the script'),
  EXECUTE_JOB: new Text('执行批量安装作业', 'Running the batch'),
  OVER_SUCCESS: new Text('安装成功', 'Succeeded'),
  OVER_FAILED: new Text('安装失败', 'Failed'),
} as const satisfies Record<string, Text>;

export type Step = keyof typeof STEPS;

/** What a step is called; a name that we do not know is its own text. */
export function stepText(step: string): Text {
  return Object.hasOwn(STEPS, step) ? STEPS[step as Step] : Text.verbatim(step);
}
