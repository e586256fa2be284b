import { Text } from '../common/i18n/text.js';
import type { SshErrorKind } from './ssh.errors.js';

/** What to do about each kind of failure. */
export const SSH_REMEDIES: Readonly<Record<SshErrorKind, Text>> = {
  unreachable: new Text(
    '请检查地址、路由，以及主机是否开机',
    'Check the address, the route, and that the host and its network are up',
  ),
  refused: new Text('请检查 SSH 端口和 sshd 是否在运行', 'Check the SSH port and that sshd runs'),
  'connect-timeout': new Text(
    '请检查地址、防火墙和安全组，以及主机是否在线',
    'Check the address, the firewalls on the way and that the host is up',
  ),
  'login-timeout': new Text(
    '请检查该端口是否为 sshd、主机负载，以及 sshd 的 UseDNS 和 PAM 设置',
    "Check that the port is sshd's, the host's load, and sshd's UseDNS and PAM settings",
  ),
  'wrong-password': new Text(
    '请检查账号和密码，以及账号是否被锁定或过期，更正后重试',
    'Check account and password, and that the account is not locked or expired; correct them, then retry',
  ),
  'key-unreadable': new Text(
    '请提供完整的 OpenSSH、PEM、PKCS#8 或 PuTTY 私钥，包括首尾两行',
    'Give the whole private key in OpenSSH, PEM, PKCS#8 or PuTTY form, its first and last line included',
  ),
  'key-needs-passphrase': new Text(
    '请提供不带口令的私钥（ssh-keygen -p -N "" 可去除口令）',
    'Give a key without one (ssh-keygen -p -N "" takes it off)',
  ),
  'key-refused': new Text(
    '请检查对应的公钥是否在该账号的 authorized_keys 中，该文件及其目录的权限，以及 sshd 是否接受此类密钥',
    "Check that its public half is in the account's authorized_keys, the permissions of that file and its folders, and that sshd takes keys of this type",
  ),
  'host-key-changed': new Text(
    '若主机已重装，请用 DELETE /api/{bk_biz_id}/hosts/{host_id}/host_keys/ 删除其固定的主机密钥后重试；否则可能有人冒充该主机',
    'If the host was reinstalled, forget its pinned key with DELETE /api/{bk_biz_id}/hosts/{host_id}/host_keys/ and retry; else somebody may pose as the host',
  ),
  'method-not-offered': new Text(
    '请修改认证方式，或在 sshd 中开启（PasswordAuthentication、PubkeyAuthentication）',
    'Change the way to log in, or allow it in sshd (PasswordAuthentication, PubkeyAuthentication)',
  ),
  lost: new Text(
    '请检查网络、主机是否重启，以及 sshd 日志，然后重试',
    "Check the network, whether the host restarted, and sshd's log, then retry",
  ),
  silent: new Text(
    '请检查网络和主机是否仍在运行，然后重试',
    'Check the network and that the host is still up, then retry',
  ),
  'exec-timeout': new Text('请检查主机负载和磁盘，然后重试', "Check the host's load and disks, then retry"),
  'forward-refused': new Text(
    '请在 PROXY 的 sshd 中允许转发（AllowTcpForwarding yes、DisableForwarding no、PermitOpen any），并检查 authorized_keys 的限制',
    "Allow forwarding in the proxy's sshd (AllowTcpForwarding yes, DisableForwarding no, PermitOpen any), and look at the restrictions in authorized_keys",
  ),
  'forward-failed': new Text(
    '请在 PROXY 上检查到该主机地址和 SSH 端口的网络，以及主机的 sshd 是否在运行',
    "Check from the proxy the way to the host's address and SSH port, and that sshd runs on the host",
  ),
  other: new Text('请检查该端口是否为 sshd，以及 sshd 日志', "Check that the port is sshd's, and sshd's log"),
};

/** What to do about failures that are no kind of their own. */
export const ROOT_BY_PASSWORD = new Text(
  '请检查 root 的密码，以及 sshd 是否设置了 PermitRootLogin yes；或改用密钥，或改用有 sudo 权限的账号',
  "Check root's password, and that sshd has PermitRootLogin yes; or log in by key, or as an account that may use sudo",
);
export const MORE_DEMANDED = new Text(
  '请为该账号关闭多因素认证，或改用其他账号',
  'Turn multi-factor login off for this account, or use another one',
);
export const PASSWORD_EXPIRED = new Text(
  '请登录主机修改该账号的密码（passwd，或 chage -M -1 取消过期），用 UPDATE_AUTHINFO 更新后重试',
  'Log in to the host and change the password of the account (passwd, or chage -M -1 so that it never expires), store the new one with UPDATE_AUTHINFO, then retry',
);
