import { Text } from '../../common/i18n/text.js';

/** Hosts that one request may name. */
export const MAX_HOSTS = 10_000;
export const MAX_ACCOUNT_LENGTH = 64;
export const MAX_PASSWORD_LENGTH = 1024;
export const MAX_KEY_BYTES = 32 * 1024;

/** What is said about a request's fields. */
export const FIELD_TEXTS = {
  required: new Text('该字段是必填项。', 'This field is required.'),
  notAChoice: (choices: readonly string[]) =>
    new Text(`不是合法选项，可选：${choices.join('、')}。`, `Not a valid choice; choose one of ${choices.join(', ')}.`),
  notText: new Text('必须是字符串。', 'Must be text.'),
  notBoolean: new Text('必须是 true 或 false。', 'Must be true or false.'),
  notAList: new Text('必须是列表。', 'Must be a list.'),
  notAnObject: new Text('必须是对象。', 'Must be an object.'),
  notAnId: new Text('必须是有效的编号。', 'Must be a valid id.'),
  address: new Text('请输入一个有效的IPv4或IPv6地址。', 'Enter a valid IPv4 or IPv6 address.'),
  duplicate: new Text('该IP在本次请求中重复。', 'This address is in the request more than once.'),
  tooManyHosts: new Text(`一次最多提交 ${MAX_HOSTS} 台主机。`, `A request may name at most ${MAX_HOSTS} hosts.`),
  time: new Text('请填写 ISO 8601 格式的时间。', 'Give a time in ISO 8601.'),
  tooManyJobs: (max: number) => new Text(`一次最多 ${max} 个任务。`, `At most ${max} jobs at once.`),
  port: new Text('请输入 1 到 65535 之间的整数。', 'Enter a whole number from 1 to 65535.'),
  account: new Text(
    `帐号最多 ${MAX_ACCOUNT_LENGTH} 个字符，只能包含字母、数字和 _ . @ \\ $ + -，且不能以 - 开头。`,
    `An account has at most ${MAX_ACCOUNT_LENGTH} letters, digits or _ . @ \\ $ + - and does not start with -.`,
  ),
  password: new Text(
    `密码必须是字符串，最多 ${MAX_PASSWORD_LENGTH} 个字符，且不能包含换行符或空字符。`,
    `A password is text of at most ${MAX_PASSWORD_LENGTH} characters, none of them a line break or NUL.`,
  ),
  key: new Text(
    `密钥必须是字符串，最多 ${MAX_KEY_BYTES / 1024} KiB，且不能包含空字符。`,
    `A key is text of at most ${MAX_KEY_BYTES / 1024} KiB, without NUL.`,
  ),
} as const;

/** What the rules of a task say; the wording of the first ones is the contract's. */
export const RULE_TEXTS = {
  installed: new Text('当前机器已经安装了AGENT', 'This host already has an AGENT installed'),
  notInstalled: new Text('当前机器还未安装AGENT', 'This host has no AGENT installed yet'),
  noUsableProxy: new Text('当前云区域没有可用的PROXY', 'This cloud has no usable PROXY'),
  busy: new Text(
    '当前机器有任务正在执行，请终止再操作',
    'A job is running on this host; stop it first, then try again',
  ),
  credentialExpired: new Text('密码/密钥已过期', 'The stored password or key has expired'),
  cloudUnknown: new Text('云区域不存在', 'The cloud does not exist'),
  agentOutsideDirectCloud: new Text('AGENT只能位于直连区域', 'An AGENT can only be in cloud 0'),
  proxyInDirectCloud: (nodeType: string) =>
    new Text(`${nodeType}不能位于直连区域`, `A ${nodeType} cannot be in cloud 0`),
  proxyNeedsLinux: new Text('PROXY的操作系统必须是LINUX', 'The operating system of a PROXY must be LINUX'),
  proxyNeedsOuterIp: new Text('PROXY必须填写外网IP', 'A PROXY needs an outer ip'),
  tooManyProxies: (max: number) =>
    new Text(`每个业务在一个云区域最多有${max}台PROXY`, `A business may have at most ${max} PROXY hosts in a cloud`),
  lastProxy: new Text(
    '当前云区域还有PAGENT，不能卸载或移除最后一台PROXY',
    'This cloud still has PAGENT hosts: its last PROXY cannot be uninstalled or removed',
  ),
  otherNodeType: (nodeType: string) =>
    new Text(`当前机器的节点类型是${nodeType}`, `The node type of this host is ${nodeType}`),
  cygwinNeeded: new Text(
    'WINDOWS主机需要先安装Cygwin（含openssh、curl和tar），启动其sshd服务，再将has_cygwin设为true',
    'Install Cygwin with openssh, curl and tar on the WINDOWS host, start its sshd, then set has_cygwin to true',
  ),
  noSuchVersion: (name: string, sent: string, versions: readonly string[]) =>
    versions.length === 0
      ? new Text(
          `没有安装包 ${name}，请先用 POST /api/packages/ 上传。`,
          `There is no package ${name} at all; upload one with POST /api/packages/.`,
        )
      : new Text(
          `安装包 ${name} 没有版本 ${sent}，现有版本（由新到旧）：${versions.join('、')}。`,
          `The package ${name} has no version ${sent}; the versions there are, newest first: ${versions.join(', ')}.`,
        ),
  nothingToSave: new Text(
    '没有需要保存的内容，请至少填写帐号、端口、密码或密钥中的一项',
    'Nothing to save: give at least one of account, port, password or key',
  ),
} as const;
