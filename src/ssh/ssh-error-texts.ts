import { Text } from '../common/i18n/text.js';
import type { PresentedHostKey } from './ssh-session.js';
import { SshError } from './ssh.errors.js';

/** Where a session was to go, for sentences: `10.0.0.1:22`, `[2001:db8::1]:22`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** @param code what the operating system said, for example EHOSTUNREACH */
export function unreachable(where: string, code: string): SshError {
  return new SshError(
    'unreachable',
    new Text(
      `无法到达 ${where}（${code}）：没有路由，或主机、网络未启动。请检查地址、路由和主机电源`,
      `${where} cannot be reached (${code}): there is no route, or the host or its network is down. Check the address, the route and that the host is up`,
    ),
  );
}

export function refused(where: string): SshError {
  return new SshError(
    'refused',
    new Text(
      `${where} 拒绝了连接：该端口上没有服务在监听，或防火墙拒绝了连接。请检查 SSH 端口和 sshd 是否在运行`,
      `${where} refused the connection: nothing listens on that port, or a firewall rejects it. Check the SSH port and that sshd runs`,
    ),
  );
}

export function connectTimeout(where: string, timeoutMs: number): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'connect-timeout',
    new Text(
      `${seconds} 秒内未能连接 ${where}，没有任何应答。请检查地址、防火墙，以及主机是否在线`,
      `${where} did not answer within ${seconds} s. Check the address, the firewalls on the way and that the host is up`,
    ),
  );
}

/** @param stage how far it got */
export function loginTimeout(where: string, timeoutMs: number, stage: Text): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'login-timeout',
    new Text(
      `已连接 ${where}，但 ${seconds} 秒内未完成 SSH 登录（${stage.zh}）。请检查该端口是否为 sshd、主机负载，以及 sshd 的 UseDNS 和 PAM 设置`,
      `${where} accepted the connection, but the SSH login was not done within ${seconds} s (${stage.en}). Check that the port is sshd's, the host's load, and sshd's UseDNS and PAM settings`,
    ),
  );
}

/** @param hint what else the server said, already made fit to be shown; may be empty */
export function wrongPassword(where: string, account: string, hint = ''): SshError {
  const rootZh = account === 'root' ? '；root 还需要 sshd 的 PermitRootLogin yes' : '';
  const rootEn = account === 'root' ? "; for root also sshd's PermitRootLogin yes" : '';
  const evidence = hint ? ` (${hint})` : '';
  return new SshError(
    'wrong-password',
    new Text(
      `${where} 拒绝了账号 ${account} 的密码${evidence}。请检查账号和密码，以及账号是否被锁定或过期${rootZh}`,
      `${where} refused the password of account ${account}${evidence}. Check account and password, and that the account is not locked or expired${rootEn}`,
    ),
  );
}

export function keyUnreadable(why: string): SshError {
  return new SshError(
    'key-unreadable',
    new Text(
      `无法读取私钥（${why}）。请提供完整的 OpenSSH、PEM、PKCS#8 或 PuTTY 私钥，包括首尾两行`,
      `The private key cannot be read (${why}). Give the whole private key in OpenSSH, PEM, PKCS#8 or PuTTY form, its first and last line included`,
    ),
  );
}

export function keyNeedsPassphrase(): SshError {
  return new SshError(
    'key-needs-passphrase',
    new Text(
      '私钥已加密，需要口令。请提供不带口令的私钥（ssh-keygen -p -N "" 可去除口令）',
      'The private key is encrypted and needs a passphrase. Give a key without one (ssh-keygen -p -N "" takes it off)',
    ),
  );
}

/** @param key type and fingerprint of the key that was offered */
export function keyRefused(where: string, account: string, key: string): SshError {
  return new SshError(
    'key-refused',
    new Text(
      `${where} 拒绝了账号 ${account} 的密钥 ${key}。请检查对应的公钥是否在该账号的 authorized_keys 中，该文件及其目录的权限，以及 sshd 是否接受此类密钥`,
      `${where} refused key ${key} for account ${account}. Check that its public half is in the account's authorized_keys, the permissions of that file and its folders, and that sshd takes keys of this type`,
    ),
  );
}

/** @param pinned fingerprint, or type, of the key that was expected; null when not known here */
export function hostKeyChanged(where: string, shown: PresentedHostKey | null, pinned: string | null): SshError {
  const now = shown ? `${shown.type} ${shown.fingerprint}` : null;
  const evidence = [pinned ? new Text(`已固定 ${pinned}`, `pinned ${pinned}`) : null];
  evidence.push(
    now ? new Text(`现在 ${now}`, `now ${now}`) : new Text('主机已不提供该类型的密钥', 'no key of that type any more'),
  );
  const said = evidence.filter((text) => text !== null);
  return new SshError(
    'host-key-changed',
    new Text(
      `${where} 的主机密钥与首次连接时不同（${said.map(({ zh }) => zh).join('，')}），未发送任何凭据。若主机已重装，请删除其固定的主机密钥后重试；否则可能有人冒充该主机`,
      `${where} shows another host key than at the first connection (${said.map(({ en }) => en).join(', ')}); no credential was sent. If the host was reinstalled, forget its pinned key and try again; else somebody may pose as the host`,
    ),
  );
}

/** @param offered what the server takes; @param held what we could have used */
export function methodNotOffered(where: string, offered: readonly string[], held: string): SshError {
  const list = offered.join(', ') || '-';
  return new SshError(
    'method-not-offered',
    new Text(
      `${where} 不支持所用的认证方式：服务器提供 ${list}，我们持有 ${held}。请修改认证方式，或在 sshd 中开启（PasswordAuthentication、PubkeyAuthentication）`,
      `${where} takes no authentication that we can use: it offers ${list}, we hold a ${held}. Change the way to log in, or allow it in sshd (PasswordAuthentication, PubkeyAuthentication)`,
    ),
  );
}

/** The server took what we hold, and asks for more than that. */
export function moreDemanded(where: string, offered: readonly string[]): SshError {
  const list = offered.join(', ') || '-';
  return new SshError(
    'method-not-offered',
    new Text(
      `${where} 还要求第二种认证（${list}），我们没有。请为该账号关闭多因素认证，或改用其他账号`,
      `${where} demands a second authentication (${list}) that we do not have. Turn multi-factor login off for this account, or use another one`,
    ),
  );
}

export function lost(where: string, why: string): SshError {
  return new SshError(
    'lost',
    new Text(
      `与 ${where} 的 SSH 会话中断（${why}）。请检查网络、主机是否重启，以及 sshd 日志`,
      `The SSH session with ${where} was lost (${why}). Check the network, whether the host restarted, and sshd's log`,
    ),
  );
}

export function fellSilent(where: string): SshError {
  return new SshError(
    'silent',
    new Text(
      `${where} 在 SSH 会话中失去响应（keepalive 无应答），会话已断开。请检查网络和主机是否仍在运行`,
      `${where} stopped answering in the SSH session (keepalive), which was given up. Check the network and that the host is still up`,
    ),
  );
}

export function execTimeout(where: string, timeoutMs: number): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'exec-timeout',
    new Text(
      `${where} 上的命令在 ${seconds} 秒内未结束。请检查主机负载和磁盘`,
      `A command on ${where} did not end within ${seconds} s. Check the host's load and disks`,
    ),
  );
}

export function passwordExpired(where: string, account: string): SshError {
  return new SshError(
    'other',
    new Text(
      `${where} 要求账号 ${account} 先修改密码（密码已过期）。请登录主机修改密码后重试`,
      `${where} demands that account ${account} change its password first (it has expired). Log in to the host, change it, and try again`,
    ),
  );
}

export function otherFailure(where: string, why: string): SshError {
  return new SshError(
    'other',
    new Text(
      `与 ${where} 的 SSH 通信失败：${why}。请检查该端口是否为 sshd，以及 sshd 日志`,
      `SSH with ${where} failed: ${why}. Check that the port is sshd's, and sshd's log`,
    ),
  );
}
