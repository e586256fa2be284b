import type { AnyAuthMethod, AuthenticationType, Prompt } from 'ssh2';
import { evidenceOf } from './evidence.js';
import { readPrivateKey, type ReadablePrivateKey } from './private-key.js';
import {
  endpoint,
  keyRefused,
  methodNotOffered,
  moreDemanded,
  passwordExpired,
  wrongPassword,
} from './ssh-error-texts.js';
import type { SshTarget } from './ssh-session.js';
import type { SshError } from './ssh.errors.js';

const ONE_TIME_CODE = /code|otp|token|passcode|verification|challenge|验证码|动态|口令牌/i;
const NEW_PASSWORD = /new\s+(unix\s+)?password|retype|change|expired|新.{0,6}密码|新的.{0,12}密码/i;

/**
 * Decides how to log in. It begins with `none`, which makes the server say what it takes, and then offers what we hold
 * and nothing else: so a password that is wrong can be told from a password that nobody asked for, which ssh2 reports
 * alike. A secret is shown once: a second try brings the account nearer to being locked.
 */
export class Authenticator {
  private readonly where: string;
  private readonly key: ReadablePrivateKey | null;
  private offered: AuthenticationType[] = [];
  private readonly tried = new Set<AuthenticationType>();
  private hasAnsweredPrompt = false;

  /** @throws SshError of kind `key-unreadable` or `key-needs-passphrase` */
  constructor(
    private readonly target: SshTarget,
    private readonly giveUp: (error: SshError) => void,
  ) {
    this.where = endpoint(target.address, target.port);
    this.key = target.auth.type === 'KEY' ? readPrivateKey(target.auth.key) : null;
  }

  /** The secrets of the target, for masking. */
  get secrets(): string[] {
    const { auth } = this.target;
    return auth.type === 'PASSWORD' ? [auth.password] : [];
  }

  /** True once the server has been shown a secret, or a proof of one. */
  get hasShownSecret(): boolean {
    return this.tried.size > 0;
  }

  /**
   * What to try next, as ssh2's `authHandler` asks it. Null when there is nothing; `giveUp` was then called.
   * @param methodsLeft null at the first call
   */
  next(methodsLeft: AuthenticationType[] | null, partialSuccess: boolean | null): AnyAuthMethod | null {
    const username = this.target.account;
    if (methodsLeft === null) return { type: 'none', username };
    this.offered = methodsLeft;
    if (this.hasShownSecret && !partialSuccess) return this.stop(this.refusal());
    const method = this.held().find((type) => methodsLeft.includes(type) && !this.tried.has(type));
    if (method === undefined) return this.stop(partialSuccess ? this.demandOfMore() : this.mismatch());
    this.tried.add(method);
    return this.attempt(method);
  }

  /** The server refused what it was shown. @param hint its words */
  refusal(hint = ''): SshError {
    const { account } = this.target;
    if (this.key) return keyRefused(this.where, account, `${this.key.type} ${this.key.fingerprint}`);
    return wrongPassword(this.where, account, evidenceOf(hint, this.secrets));
  }

  /** The server wants the password changed before it lets anybody in. */
  expiry(): SshError {
    return passwordExpired(this.where, this.target.account);
  }

  private held(): AuthenticationType[] {
    return this.key ? ['publickey'] : ['password', 'keyboard-interactive'];
  }

  private attempt(method: AuthenticationType): AnyAuthMethod {
    const username = this.target.account;
    const { auth } = this.target;
    if (this.key) return { type: 'publickey', username, key: this.key.pem };
    const password = auth.type === 'PASSWORD' ? auth.password : '';
    if (method === 'password') return { type: 'password', username, password };
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => this.answer(prompts, password, finish),
    };
  }

  /** sshd asks for the password this way where PAM is in charge; a prompt for anything else is none of ours. */
  private answer(prompts: Prompt[], password: string, finish: (answers: string[]) => void): void {
    const asked = prompts.map(({ prompt }) => prompt).join(' ');
    if (NEW_PASSWORD.test(asked)) return this.giveUp(this.expiry());
    if (prompts.length !== 1 || prompts[0]?.echo || ONE_TIME_CODE.test(asked)) return this.giveUp(this.demandOfMore());
    if (this.hasAnsweredPrompt) return this.giveUp(this.refusal());
    this.hasAnsweredPrompt = true;
    finish([password]);
  }

  private mismatch(): SshError {
    return methodNotOffered(this.where, this.readableOffers(), this.key ? 'private key' : 'password');
  }

  private demandOfMore(): SshError {
    return moreDemanded(this.where, this.readableOffers());
  }

  private readableOffers(): string[] {
    return this.offered.slice(0, 10).map((method) => evidenceOf(method.slice(0, 40), this.secrets));
  }

  private stop(error: SshError): null {
    this.giveUp(error);
    return null;
  }
}
