import { timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuthContext, AuthenticationType, PublicKeyAuthContext } from 'ssh2';
import { ALL_PERMISSIONS, type AuthorizedKey, authorizedKeyIn, type Permissions } from './authorized-keys.js';
import type { Faults } from './faults.js';

/** A login that somebody tried; `none`, which asks what is offered, counts as one. */
export interface LoginAttempt {
  method: string;
  account: string;
  wasAccepted: boolean;
}

export interface LoginPolicyOptions {
  account: string;
  password?: string;
  /** In the form of authorized_keys. */
  publicKey?: string;
  /** What the host offers; by default what it has something to compare with. */
  methods?: readonly AuthenticationType[];
}

/** Who may log in to a simulated host, and who has tried. */
export class LoginPolicy {
  readonly attempts: LoginAttempt[] = [];
  private readonly key: AuthorizedKey | null;

  /** @param storedKeys those that are in the host's file by now */
  constructor(
    private readonly options: LoginPolicyOptions,
    private readonly faults: Faults,
    private readonly storedKeys: () => Promise<AuthorizedKey[]>,
  ) {
    this.key = options.publicKey === undefined ? null : readPublicKey(options.publicKey);
  }

  /** Answers a login. @param grant called with what it may do from then on, before it is told that it is accepted */
  async answer(context: AuthContext, grant: (permissions: Permissions) => void): Promise<void> {
    const late = this.faults.amount('slow', 2_000);
    if (late !== null) await delay(late, undefined, { ref: false });
    if (this.faults.has('stuck-login')) return;
    const keys = await this.keys();
    const methods = this.methods(keys);
    const isWelcome = methods.includes(context.method) && context.username === this.options.account;
    const permissions = isWelcome && !this.faults.has('wrong-password') ? await this.judge(context, keys) : null;
    this.attempts.push({ method: context.method, account: context.username, wasAccepted: permissions !== null });
    if (!permissions) return context.reject(methods);
    grant(permissions);
    context.accept();
  }

  private async keys(): Promise<AuthorizedKey[]> {
    return [...(this.key ? [this.key] : []), ...(await this.storedKeys())];
  }

  private methods(keys: readonly AuthorizedKey[]): AuthenticationType[] {
    if (this.faults.has('no-methods')) return ['hostbased'];
    if (this.options.methods) return [...this.options.methods];
    const byDefault: AuthenticationType[] = [];
    if (keys.length > 0) byDefault.push('publickey');
    if (this.options.password !== undefined) byDefault.push('password');
    return byDefault;
  }

  private async judge(context: AuthContext, keys: readonly AuthorizedKey[]): Promise<Permissions | null> {
    if (context.method === 'publickey') return keys.find((key) => isProven(context, key)) ?? null;
    if (context.method === 'password') return this.isPassword(context.password) ? ALL_PERMISSIONS : null;
    if (context.method !== 'keyboard-interactive') return null;
    const answers = await new Promise<string[]>((resolve) =>
      context.prompt([{ prompt: 'Password: ', echo: false }], (given) => resolve(Array.isArray(given) ? given : [])),
    );
    return this.isPassword(answers[0] ?? '') ? ALL_PERMISSIONS : null;
  }

  private isPassword(given: string): boolean {
    const { password } = this.options;
    if (password === undefined) return false;
    const [a, b] = [Buffer.from(given), Buffer.from(password)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}

/** Without a signature the client asks only whether the key would do. */
function isProven(asked: PublicKeyAuthContext, { key }: AuthorizedKey): boolean {
  if (!key.getPublicSSH().equals(asked.key.data)) return false;
  return !asked.signature || !asked.blob || key.verify(asked.blob, asked.signature, asked.hashAlgo) === true;
}

function readPublicKey(line: string): AuthorizedKey {
  const key = authorizedKeyIn(line.trim());
  if (!key) throw new Error('The public key of a simulated host is unreadable');
  return key;
}
