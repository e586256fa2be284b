import { Text } from '../common/i18n/text.js';
import type { OpType } from './task.enums.js';

const OP_TEXTS: Record<OpType, Text> = {
  INSTALL: new Text('安装', 'Install'),
  REINSTALL: new Text('重装', 'Reinstall'),
  UNINSTALL: new Text('卸载', 'Uninstall'),
  REMOVE: new Text('移除', 'Remove'),
  UPGRADE: new Text('升级', 'Upgrade'),
  PRECHECK: new Text('预检', 'Check'),
  UPDATE_AUTHINFO: new Text('保存登录信息', 'Save the login of'),
};

/** What a job does, such as 安装AGENT. */
export function jobTypeText(opType: OpType, nodeType: string): Text {
  const { zh, en } = OP_TEXTS[opType];
  return new Text(`${zh}${nodeType}`, `${en} ${nodeType}`);
}
