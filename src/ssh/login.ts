import type { Duplex } from 'node:stream';
import { NodeSSH, type Config } from 'node-ssh';
import type { Client } from 'ssh2';
import { Text } from '../common/i18n/text.js';
import { Authenticator } from './authenticator.js';
import { evidenceOf } from './evidence.js';
import { FirstWords } from './first-words.js';
import { readHostKey, signatureAlgorithmsOf } from './host-key.js';
import { endpoint, hostKeyChanged, loginTimeout, otherFailure } from './ssh-error-texts.js';
import type { ConnectOptions, PresentedHostKey, SshTarget } from './ssh-session.js';
import type { SshError } from './ssh.errors.js';

const KEEPALIVE_INTERVAL_MS = 10_000;
const KEEPALIVE_MISSES = 3;
/** How long the other side has to take our farewell before the connection is cut. */
const FAREWELL_MS = 1_000;

const STAGES = {
  handshake: new Text('等待 SSH 握手', 'waiting for the SSH handshake'),
  hostKey: new Text('核对主机密钥', 'checking the host key'),
  authentication: new Text('等待认证结果', 'waiting for the answer to our authentication'),
};

/** What a login that worked leaves behind. */
export interface LoggedIn {
  client: Client;
  sock: Duplex;
  hostKey: PresentedHostKey;
  serverVersion: string;
}

/** One attempt to log in over a connected stream. It settles once, at the first reason, and leaves nothing behind. */
export class Login {
  private readonly ssh = new NodeSSH();
  private readonly where: string;
  private readonly authenticator: Authenticator;
  private stage: Text = STAGES.handshake;
  private hostKey: PresentedHostKey | null = null;
  private firstWords: FirstWords | null = null;
  /** What PAM says when it lets nobody in who has the right password; banners before that are for lawyers. */
  private verdict = '';
  private isSettled = false;
  private reject: (error: unknown) => void = () => {};

  /** @throws SshError when the private key is no good */
  constructor(
    private readonly target: SshTarget,
    private readonly options: ConnectOptions,
  ) {
    this.where = endpoint(target.address, target.port);
    this.authenticator = new Authenticator(target, (error) => this.fail(error));
  }

  /** @param sock connected; it is ours from here on, and gone when this rejects */
  async run(sock: Duplex): Promise<LoggedIn> {
    const { signal, loginTimeoutMs } = this.options;
    const onAbort = (): void => this.fail(signal.reason);
    const timer = setTimeout(() => this.fail(loginTimeout(this.where, loginTimeoutMs, this.stage)), loginTimeoutMs);
    try {
      return await new Promise<LoggedIn>((resolve, reject) => {
        this.reject = reject;
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        this.start(sock).then(resolve, (error: Error) => this.fail(this.explain(error)));
      });
    } catch (error) {
      this.tearDown(sock);
      throw error;
    } finally {
      this.isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  private async start(sock: Duplex): Promise<LoggedIn> {
    this.firstWords = new FirstWords(sock);
    const connecting = this.ssh.connect(this.config(sock));
    // NodeSSH makes its client before it waits for anything, and takes its own listener off once connected: this one
    // stays for good, since an 'error' without a listener ends the process.
    const client = this.ssh.connection;
    client?.on('error', () => {});
    client?.on('banner', (words: string) => (this.verdict = this.authenticator.hasShownSecret ? words : ''));
    client?.on('change password', () => this.fail(this.authenticator.expiry()));
    await connecting;
    if (!client || !this.hostKey) throw new Error('Logged in without a client or a host key');
    return { client, sock, hostKey: this.hostKey, serverVersion: serverVersionOf(client) };
  }

  private config(sock: Duplex): Config {
    const { account, pinnedKeyType } = this.target;
    const { keepaliveIntervalMs = KEEPALIVE_INTERVAL_MS, keepaliveMisses = KEEPALIVE_MISSES } = this.options;
    return {
      sock: sock as unknown as Config['sock'],
      username: account,
      // Ours has a say on the whole login, also before ssh2's begins.
      readyTimeout: 0,
      keepaliveInterval: keepaliveIntervalMs,
      keepaliveCountMax: keepaliveMisses,
      ...(pinnedKeyType && { algorithms: { serverHostKey: signatureAlgorithmsOf(pinnedKeyType) as never } }),
      // It must return undefined: ssh2 takes any other value but false, a promise too, as a yes.
      hostVerifier: (blob: Buffer, verify: (isGood: boolean) => void): void => void this.verify(blob, verify),
      authHandler: (methodsLeft, partialSuccess, next) => {
        this.stage = STAGES.authentication;
        const method = this.authenticator.next(methodsLeft, partialSuccess);
        if (method) next(method);
      },
    };
  }

  private async verify(blob: Buffer, verify: (isGood: boolean) => void): Promise<void> {
    try {
      const shown = readHostKey(blob);
      // At a change of keys in a running session: the key of the beginning, without asking again.
      if (this.hostKey) return verify(shown.publicKey === this.hostKey.publicKey);
      this.stage = STAGES.hostKey;
      const isGood = (await this.options.verifyHostKey(shown)) === true;
      if (this.isSettled) return;
      if (!isGood) return this.fail(hostKeyChanged(this.where, shown, null));
      this.hostKey = shown;
      verify(true);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.reject(error);
  }

  /** What an error of ssh2's means. */
  private explain(error: Error): SshError {
    const { pinnedKeyType } = this.target;
    if (pinnedKeyType && error.message.includes('no matching host key format')) {
      return hostKeyChanged(this.where, null, pinnedKeyType);
    }
    if (this.authenticator.hasShownSecret && /too many authentication failures/i.test(error.message)) {
      return this.authenticator.refusal(error.message);
    }
    const code = (error as NodeJS.ErrnoException).code;
    const why = typeof code === 'string' && !error.message.includes(code) ? `${code}: ${error.message}` : error.message;
    const words = this.firstWords?.text() || this.verdict;
    return otherFailure(this.where, evidenceOf(words ? `${why}; it said: ${words}` : why, this.authenticator.secrets));
  }

  private tearDown(sock: Duplex): void {
    sock.on('error', () => {});
    if (!this.ssh.connection) return void sock.destroy();
    // It is told that we leave, but not waited for: it may be the one that is at fault.
    this.ssh.connection.end();
    const timer = setTimeout(() => sock.destroy(), FAREWELL_MS).unref();
    sock.once('close', () => clearTimeout(timer));
  }
}

/** ssh2 keeps the server's version to itself. */
function serverVersionOf(client: Client): string {
  const { _remoteVer } = client as unknown as { _remoteVer?: unknown };
  return typeof _remoteVer === 'string' ? evidenceOf(_remoteVer) : '';
}
