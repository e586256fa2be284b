import { Text } from '../common/i18n/text.js';
import { MORE_DEMANDED, PASSWORD_EXPIRED, ROOT_BY_PASSWORD } from './ssh-remedies.js';
import type { PresentedHostKey } from './ssh-session.js';
import { SshError } from './ssh.errors.js';

/** Where a session was to go, for sentences: `10.0.0.1:22`, `[2001:db8::1]:22`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** @param code what the operating system said, for example EHOSTUNREACH */
export function unreachable(where: string, code: string): SshError {
  return new SshError('unreachable', new Text(`无法到达 ${where}（${code}）`, `${where} cannot be reached (${code})`));
}

export function refused(where: string): SshError {
  return new SshError('refused', new Text(`${where} 拒绝了连接`, `${where} refused the connection`));
}

export function connectTimeout(where: string, timeoutMs: number): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'connect-timeout',
    new Text(`${seconds} 秒内未能连接 ${where}，没有任何应答`, `${where} did not answer within ${seconds} s`),
  );
}

/** @param stage how far it got */
export function loginTimeout(where: string, timeoutMs: number, stage: Text): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'login-timeout',
    new Text(
      `已连接 ${where}，但 ${seconds} 秒内未完成 SSH 登录（${stage.zh}）`,
      `${where} accepted the connection, but the SSH login was not done within ${seconds} s (${stage.en})`,
    ),
  );
}

/** @param hint what else the server said, already made fit to be shown; may be empty */
export function wrongPassword(where: string, account: string, hint = ''): SshError {
  const evidence = hint ? ` (${hint})` : '';
  const happened = new Text(
    `${where} 拒绝了账号 ${account} 的密码${evidence}`,
    `${where} refused the password of account ${account}${evidence}`,
  );
  return account === 'root'
    ? new SshError('wrong-password', happened, ROOT_BY_PASSWORD)
    : new SshError('wrong-password', happened);
}

export function keyUnreadable(why: string): SshError {
  return new SshError('key-unreadable', new Text(`无法读取私钥（${why}）`, `The private key cannot be read (${why})`));
}

export function keyNeedsPassphrase(): SshError {
  return new SshError(
    'key-needs-passphrase',
    new Text('私钥已加密，需要口令', 'The private key is encrypted and needs a passphrase'),
  );
}

/** @param key type and fingerprint of the key that was offered */
export function keyRefused(where: string, account: string, key: string): SshError {
  return new SshError(
    'key-refused',
    new Text(`${where} 拒绝了账号 ${account} 的密钥 ${key}`, `${where} refused key ${key} for account ${account}`),
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
      `${where} 的主机密钥与首次连接时不同（${said.map(({ zh }) => zh).join('，')}），未发送任何凭据`,
      `${where} shows another host key than at the first connection (${said.map(({ en }) => en).join(', ')}); no credential was sent`,
    ),
  );
}

/** @param offered what the server takes; @param held what we could have used */
export function methodNotOffered(where: string, offered: readonly string[], held: string): SshError {
  const list = offered.join(', ') || '-';
  return new SshError(
    'method-not-offered',
    new Text(
      `${where} 不支持所用的认证方式：服务器提供 ${list}，我们持有 ${held}`,
      `${where} takes no authentication that we can use: it offers ${list}, we hold a ${held}`,
    ),
  );
}

/** The server took what we hold, and asks for more than that. */
export function moreDemanded(where: string, offered: readonly string[]): SshError {
  const list = offered.join(', ') || '-';
  return new SshError(
    'method-not-offered',
    new Text(
      `${where} 还要求第二种认证（${list}），我们没有`,
      `${where} demands a second authentication (${list}) that we do not have`,
    ),
    MORE_DEMANDED,
  );
}

export function lost(where: string, why: string): SshError {
  return new SshError(
    'lost',
    new Text(`与 ${where} 的 SSH 会话中断（${why}）`, `The SSH session with ${where} was lost (${why})`),
  );
}

export function fellSilent(where: string): SshError {
  return new SshError(
    'silent',
    new Text(
      `${where} 在 SSH 会话中失去响应（keepalive 无应答），会话已断开`,
      `${where} stopped answering in the SSH session (keepalive), which was given up`,
    ),
  );
}

export function execTimeout(where: string, timeoutMs: number): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'exec-timeout',
    new Text(`${where} 上的命令在 ${seconds} 秒内未结束`, `A command on ${where} did not end within ${seconds} s`),
  );
}

/** @param target what the host was to connect to, as `endpoint` writes it */
export function forwardRefused(where: string, target: string, why: string): SshError {
  return new SshError(
    'forward-refused',
    new Text(`${where} 拒绝转发到 ${target} 的连接（${why}）`, `${where} refuses to forward to ${target} (${why})`),
  );
}

export function forwardFailed(where: string, target: string, why: string): SshError {
  return new SshError(
    'forward-failed',
    new Text(`${where} 无法连接 ${target}（${why}）`, `${where} cannot connect to ${target} (${why})`),
  );
}

export function forwardTimeout(where: string, target: string, timeoutMs: number): SshError {
  const seconds = timeoutMs / 1000;
  return new SshError(
    'connect-timeout',
    new Text(
      `${seconds} 秒内未能经由 ${where} 连接 ${target}，没有任何应答`,
      `${where} did not connect to ${target} within ${seconds} s`,
    ),
  );
}

export function passwordExpired(where: string, account: string): SshError {
  return new SshError(
    'other',
    new Text(
      `${where} 要求账号 ${account} 先修改密码（密码已过期）`,
      `${where} demands that account ${account} change its password first (it has expired)`,
    ),
    PASSWORD_EXPIRED,
  );
}

export function otherFailure(where: string, why: string): SshError {
  return new SshError('other', new Text(`与 ${where} 的 SSH 通信失败：${why}`, `SSH with ${where} failed: ${why}`));
}
