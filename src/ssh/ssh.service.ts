import { Injectable } from '@nestjs/common';
import { connectTcp } from './tcp.js';
import { Login } from './login.js';
import { NodeSshSession } from './node-ssh-session.js';
import { endpoint } from './ssh-error-texts.js';
import type { ConnectOptions, SshSession, SshTarget } from './ssh-session.js';

/** Opens SSH sessions. */
@Injectable()
export class SshService {
  private open = 0;

  /** Sessions that are logged in right now. */
  get openSessions(): number {
    return this.open;
  }

  /**
   * Connects, checks the host's key and logs in, in this order.
   * @throws SshError telling why not; the signal's reason when that aborts; whatever `verifyHostKey` throws
   */
  async connect(target: SshTarget, options: ConnectOptions): Promise<SshSession> {
    options.signal.throwIfAborted();
    const login = new Login(target, options);
    const sock =
      target.sock ?? (await connectTcp(target.address, target.port, options.connectTimeoutMs, options.signal));
    const session = new NodeSshSession(await login.run(sock), endpoint(target.address, target.port));
    this.open += 1;
    void session.closed.then(() => (this.open -= 1));
    return session;
  }
}
