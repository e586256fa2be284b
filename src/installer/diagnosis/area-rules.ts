import { SSH_REMEDIES } from '../../ssh/ssh-remedies.js';
import { type Rule, rule } from './rule.js';

const PROXY_CODES = ['START_JOB_FAILED', 'IJOBS_FAILED'] as const;

/** What is wrong with the proxies of a closed area. */
export const AREA_RULES: readonly Rule[] = [
  rule(
    'no-proxy',
    { words: /has no installed proxy/ },
    ['该云区域没有安装好的 PROXY', 'The cloud has no proxy that is installed'],
    ['在该云区域安装 PROXY 后重试', 'Install a PROXY in that cloud, then retry'],
  ),
  rule(
    'forwarding-forbidden',
    {
      words:
        /refuses to forward|administratively prohibited|AllowTcpForwarding|forwarding (is )?(forbidden|not allowed)/,
    },
    ['PROXY 的 sshd 不允许转发', "The proxy's sshd forbids forwarding"],
    SSH_REMEDIES['forward-refused'],
  ),
  rule(
    'not-reached-by-proxy',
    { sshKinds: ['forward-failed'] },
    [
      'PROXY 无法连接该主机：主机不在线、sshd 未运行，或区域内的防火墙拦截',
      'The proxy cannot connect to the host: it is down, its sshd does not run, or a firewall of the area is in the way',
    ],
    SSH_REMEDIES['forward-failed'],
  ),
  rule(
    'server-key-refused-by-proxy',
    { errCodes: PROXY_CODES, words: /refused key/ },
    [
      'PROXY 的 authorized_keys 中已没有服务端的公钥',
      "The server's own key is not in the proxy's authorized_keys any more",
    ],
    ['对该 PROXY 执行 REINSTALL（需要密码或密钥）后重试', 'REINSTALL the proxy (with its password or key), then retry'],
  ),
  rule(
    'proxy-host-key-changed',
    { errCodes: PROXY_CODES, words: /shows another host key/ },
    ['PROXY 已重装，或有人冒充', 'The proxy was set up anew, or somebody poses as it'],
    ['删除该 PROXY 固定的主机密钥并 REINSTALL 后重试', "Forget the proxy's pinned host key, REINSTALL it, then retry"],
  ),
  rule(
    'proxies-down',
    { errCodes: PROXY_CODES },
    [
      '该云区域的 PROXY 都无法登录，或在执行中失去连接',
      'No proxy of the cloud can be logged in to, or all were lost on the way',
    ],
    [
      '检查各 PROXY 主机、其 sshd 和到它们的网络；修复或更换后重试',
      'Look at the proxies, their sshd and the way to them; mend or replace one, then retry',
    ],
  ),
];
