import { Injectable } from '@nestjs/common';
import { SealBrokenError } from '../../common/crypto/secret-box.js';
import { Text } from '../../common/i18n/text.js';
import { Env } from '../../env/env.js';
import { CredentialsService, type OpenCredential } from '../../hosts/credentials.service.js';
import { HostKeysService } from '../../ssh/host-keys.service.js';
import { patiently } from '../../ssh/patiently.js';
import { sessionLimits } from '../../ssh/session-limits.js';
import type { SshAuth, SshSession } from '../../ssh/ssh-session.js';
import type { SshError, SshErrorKind } from '../../ssh/ssh.errors.js';
import { SshService } from '../../ssh/ssh.service.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { LoginFailure } from '../run.failures.js';
import type { RunJournal } from '../run-journal.js';
import { type Elevation, elevate } from './elevation.js';
import type { HostRoute } from './host-route.js';
import { loginFailureOf } from './ssh-failures.js';

const FIRST_PAUSE_MS = 500;

const PASSING: ReadonlySet<SshErrorKind> = new Set(['refused', 'lost', 'other']);

/** Being logged in, with what it takes to be root. */
export interface Login {
  session: SshSession;
  elevation: Elevation;
}

/** Logs in to the host of a run: trust on first use, credentials opened for this moment only. */
@Injectable()
export class HostLogin {
  constructor(
    private readonly ssh: SshService,
    private readonly hostKeys: HostKeysService,
    private readonly credentials: CredentialsService,
    private readonly env: Env,
  ) {}

  /**
   * @throws LoginFailure telling why we are not let in; ProxyFailedError when the way there is at fault; the signal's
   *   reason when that aborts
   */
  async open(run: ClaimedRun, route: HostRoute, journal: RunJournal, signal: AbortSignal): Promise<Login> {
    const { kind, secret } = await this.credentialOf(run);
    journal.redactor.learn(secret);
    const auth: SshAuth = kind === 'PASSWORD' ? { type: kind, password: secret } : { type: kind, key: secret };
    const connect = (): Promise<SshSession> => this.connect(run, route, auth, signal);
    const session = await patiently(connect, {
      ...{ passing: PASSING, firstPauseMs: FIRST_PAUSE_MS, signal },
      onFailure: (attempt, error) => journal.say(anotherTry(attempt, error)),
    }).catch((error: unknown) => {
      throw loginFailureOf(error);
    });
    journal.say(
      new Text(`已登录，主机密钥 ${session.hostKey.fingerprint}`, `Logged in; host key ${session.hostKey.fingerprint}`),
    );
    try {
      return { session, elevation: await elevate(session, run.account, kind === 'PASSWORD' ? secret : null, signal) };
    } catch (error) {
      void session.close();
      throw loginFailureOf(error);
    }
  }

  private async credentialOf(run: ClaimedRun): Promise<OpenCredential> {
    const credential = await this.credentials.open(run.hostId).catch((error: unknown) => {
      if (error instanceof SealBrokenError) throw unreadable();
      throw error;
    });
    if (credential === null) throw missing(this.env.credentialTtlHours);
    return credential;
  }

  private async connect(run: ClaimedRun, route: HostRoute, auth: SshAuth, signal: AbortSignal): Promise<SshSession> {
    const { cloudId, innerIp, port, account } = run;
    const { verifyHostKey, ...pin } = await this.hostKeys.check({ cloudId, address: innerIp, port }, run.id);
    const sock = await route.open(signal);
    try {
      return await this.ssh.connect(
        { address: route.address, port, account, auth, ...pin, ...(sock && { sock }) },
        {
          signal,
          ...sessionLimits(this.env),
          verifyHostKey,
        },
      );
    } catch (error) {
      sock?.destroy();
      throw error;
    }
  }
}

function anotherTry(attempt: number, { happened }: SshError): Text {
  return new Text(
    `第 ${attempt} 次登录未成功，稍后重试：${happened.zh}`,
    `Attempt ${attempt} to log in failed, trying again: ${happened.en}`,
  );
}

function missing(ttlHours: number): LoginFailure {
  return new LoginFailure(
    'SSH_LOGIN_EXCEPT',
    new Text(
      `密码/密钥已过期：该主机没有可用的凭据（保存 ${ttlHours} 小时后清除）`,
      `No password or key is stored for this host (they are wiped after ${ttlHours} h)`,
    ),
  );
}

function unreadable(): LoginFailure {
  return new LoginFailure(
    'SSH_LOGIN_EXCEPT',
    new Text(
      '无法解密保存的凭据：它由另一个 SECRET_KEY 加密',
      'The stored credential cannot be opened: it was sealed under another SECRET_KEY',
    ),
  );
}
