import { timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type AuthContext, type AuthenticationType, type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
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
  private readonly methods: AuthenticationType[];
  private readonly key: ParsedKey | null;

  constructor(
    private readonly options: LoginPolicyOptions,
    private readonly faults: Faults,
  ) {
    const { password, publicKey, methods } = options;
    const byDefault: AuthenticationType[] = [];
    if (publicKey !== undefined) byDefault.push('publickey');
    if (password !== undefined) byDefault.push('password');
    this.methods = faults.has('no-methods') ? ['hostbased'] : [...(methods ?? byDefault)];
    this.key = publicKey === undefined ? null : readPublicKey(publicKey);
  }

  async answer(context: AuthContext): Promise<void> {
    const late = this.faults.amount('slow', 2_000);
    if (late !== null) await delay(late, undefined, { ref: false });
    if (this.faults.has('stuck-login')) return;
    const wasAccepted = await this.isGood(context);
    this.attempts.push({ method: context.method, account: context.username, wasAccepted });
    if (wasAccepted) context.accept();
    else context.reject(this.methods);
  }

  private async isGood(context: AuthContext): Promise<boolean> {
    const isOffered = this.methods.includes(context.method);
    if (!isOffered || this.faults.has('wrong-password') || context.username !== this.options.account) return false;
    if (context.method === 'password') return this.isPassword(context.password);
    if (context.method === 'publickey') return this.isKey(context);
    if (context.method !== 'keyboard-interactive') return false;
    const answers = await new Promise<string[]>((resolve) =>
      context.prompt([{ prompt: 'Password: ', echo: false }], (given) => resolve(Array.isArray(given) ? given : [])),
    );
    return this.isPassword(answers[0] ?? '');
  }

  private isPassword(given: string): boolean {
    const { password } = this.options;
    if (password === undefined) return false;
    const [a, b] = [Buffer.from(given), Buffer.from(password)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  /** Without a signature the client asks only whether the key would do. */
  private isKey({ key, blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
    if (!this.key?.getPublicSSH().equals(key.data)) return false;
    return !signature || !blob || this.key.verify(blob, signature, hashAlgo) === true;
  }
}

function readPublicKey(line: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(line);
  if (parsed instanceof Error) throw new Error(`The public key of a simulated host is unreadable: ${parsed.message}`);
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | undefined;
  if (!key) throw new Error('The public key of a simulated host is empty');
  return key;
}
