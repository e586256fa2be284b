import { Injectable } from '@nestjs/common';
import { SealBrokenError } from '../common/crypto/secret-box.js';
import { Text } from '../common/i18n/text.js';
import { Env } from '../env/env.js';
import { HostKeysService } from '../ssh/host-keys.service.js';
import { patiently } from '../ssh/patiently.js';
import { sessionLimits } from '../ssh/session-limits.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { SshError, type SshErrorKind } from '../ssh/ssh.errors.js';
import { SshService } from '../ssh/ssh.service.js';
import type { ProxyView } from './proxies.service.js';
import { ServerKeyService } from './server-key.service.js';

const FIRST_PAUSE_MS = 250;

const PASSING: ReadonlySet<SshErrorKind> = new Set(['lost', 'other']);

/** Logs in to proxies by the server's own key. */
@Injectable()
export class ProxyLogin {
  constructor(
    private readonly ssh: SshService,
    private readonly hostKeys: HostKeysService,
    private readonly serverKey: ServerKeyService,
    private readonly env: Env,
  ) {}

  /** @throws SshError telling why we are not let in; the signal's reason when that aborts */
  open(proxy: ProxyView, signal: AbortSignal): Promise<SshSession> {
    return patiently(() => this.connect(proxy, signal), { passing: PASSING, firstPauseMs: FIRST_PAUSE_MS, signal });
  }

  /** Its host key was pinned under its identity when it was installed, whichever of its addresses we use. */
  private async connect(proxy: ProxyView, signal: AbortSignal): Promise<SshSession> {
    const { cloudId, innerIp, outerIp, port, account } = proxy;
    const { verifyHostKey, ...pin } = await this.hostKeys.check({ cloudId, address: innerIp, port }, null);
    const { privateKey } = await this.serverKey.get().catch((error: unknown) => {
      throw error instanceof SealBrokenError ? sealedByAnother() : error;
    });
    return this.ssh.connect(
      { address: outerIp ?? innerIp, port, account, auth: { type: 'KEY', key: privateKey }, ...pin },
      {
        signal,
        ...sessionLimits(this.env),
        verifyHostKey,
      },
    );
  }
}

function sealedByAnother(): SshError {
  return new SshError(
    'key-unreadable',
    new Text(
      '无法解密服务器自己的 SSH 密钥：它由另一个 SECRET_KEY 加密',
      "The server's own SSH key cannot be opened: it was sealed under another SECRET_KEY",
    ),
    new Text(
      '请恢复原来的 SECRET_KEY；若已丢失，请清空 server_keys 表并对所有 PROXY 执行 REINSTALL',
      'Bring the former SECRET_KEY back; if it is gone, empty table server_keys and REINSTALL all proxies',
    ),
  );
}
