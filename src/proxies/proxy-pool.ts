import type { Duplex } from 'node:stream';
import type { ForwardOptions, SshSession } from '../ssh/ssh-session.js';
import { SshError } from '../ssh/ssh.errors.js';
import { Gate } from './gate.js';
import { CHANNELS_PER_LINE, isBroken, ProxyLine } from './proxy-line.js';

/** sshd begins to drop newcomers when ten are not logged in yet (MaxStartups): other workers want in too. */
const HANDSHAKES = 2;
const MOST_LINES = 32;
const IDLE_MS = 30_000;
/** After a login that failed while others are up. */
const PAUSE_MS = 1_000;

/** What a pool needs of the world, and what it tells. */
export interface PoolHooks {
  /** @throws SshError; the signal's reason when that aborts */
  logIn(signal: AbortSignal): Promise<SshSession>;
  /** What those are told who waited for a login that failed. */
  blame(error: SshError): Error;
  onUp(): void;
  /** No connection is left, and none could be had. */
  onDown(error: SshError): void;
  /** The last connection broke. */
  onBroken(error: SshError): void;
}

interface Waiting {
  resolve(line: ProxyLine): void;
  reject(error: unknown): void;
}

/** The connections to one proxy. They are made when channels are asked for that the present ones have no room for. */
export class ProxyPool {
  private readonly lines = new Set<ProxyLine>();
  private readonly gate = new Gate(HANDSHAKES);
  private readonly stopping = new AbortController();
  private readonly logins = new Set<Promise<void>>();
  private waiting: Waiting[] = [];
  private pause: NodeJS.Timeout | undefined;

  constructor(
    private readonly hooks: PoolHooks,
    private readonly idleMs = IDLE_MS,
  ) {}

  /** Channels that are open, or asked for. */
  get load(): number {
    return [...this.lines].reduce((sum, line) => sum + line.load, this.waiting.length);
  }

  /** Nothing is open, and nobody waits. */
  get isEmpty(): boolean {
    return this.gate.isEmpty && this.lines.size + this.logins.size + this.waiting.length === 0;
  }

  /**
   * Opens a channel, as soon as there is room for one.
   * @throws what `hooks.blame` makes of a login that failed; as `SshSession.forward`
   */
  async open(address: string, port: number, options: ForwardOptions): Promise<Duplex> {
    for (let attempt = 1; ; attempt += 1) {
      const line = await this.take(options.signal);
      try {
        return await line.forward(address, port, options);
      } catch (error) {
        // A new connection tells more than one that broke just now.
        if (attempt > 1 || !isBroken(error)) throw error;
      }
    }
  }

  /** As `open`, by a connection that is there already; null when none has room. */
  openNow(address: string, port: number, options: ForwardOptions): Promise<Duplex> | null {
    const line = this.lineWithRoom();
    line?.promise();
    return line?.forward(address, port, options) ?? null;
  }

  /** A new connection outside the pool, which waits its turn like those of the pool. @throws as `logIn` */
  logIn(signal: AbortSignal): Promise<SshSession> {
    const either = AbortSignal.any([signal, this.stopping.signal]);
    return this.gate.pass(either, () => this.hooks.logIn(either));
  }

  /** Ends all connections, and refuses whoever waits; resolves when they are gone. */
  async close(reason: Error): Promise<void> {
    this.stopping.abort(reason);
    clearTimeout(this.pause);
    this.refuse(reason);
    await Promise.all(this.logins);
    await Promise.all([...this.lines].map((line) => line.close()));
  }

  private take(signal: AbortSignal): Promise<ProxyLine> {
    return new Promise((resolve, reject) => {
      const either = AbortSignal.any([signal, this.stopping.signal]);
      if (either.aborted) return reject(either.reason as Error);
      const leave = (): void => either.removeEventListener('abort', onAbort);
      const waiting: Waiting = {
        resolve: (line) => (leave(), resolve(line)),
        reject: (error) => (leave(), reject(error as Error)),
      };
      const onAbort = (): void => {
        this.waiting = this.waiting.filter((each) => each !== waiting);
        reject(either.reason as Error);
      };
      either.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(waiting);
      this.serve();
    });
  }

  /** Gives room to those who wait, in their order, and sees to more. */
  private serve(): void {
    for (let line = this.lineWithRoom(); line && this.waiting.length > 0; line = this.lineWithRoom()) {
      line.promise();
      this.waiting.shift()!.resolve(line);
    }
    if (this.pause || this.stopping.signal.aborted) return;
    while (this.logins.size < Math.min(HANDSHAKES, this.missing())) {
      const login = this.addLine().finally(() => {
        this.logins.delete(login);
        this.serve();
      });
      this.logins.add(login);
    }
  }

  /** The fullest one that has room: the others may then run empty, and close. */
  private lineWithRoom(): ProxyLine | undefined {
    return [...this.lines].filter(({ hasRoom }) => hasRoom).sort((a, b) => b.load - a.load)[0];
  }

  /** Connections that whoever waits needs, those under way included. */
  private missing(): number {
    return Math.min(Math.ceil(this.waiting.length / CHANNELS_PER_LINE), MOST_LINES - this.lines.size);
  }

  private async addLine(): Promise<void> {
    try {
      const session = await this.logIn(this.stopping.signal);
      this.lines.add(
        new ProxyLine(session, this.idleMs, {
          onFree: () => this.serve(),
          onOver: (line, reason) => this.onOver(line, reason),
        }),
      );
      this.hooks.onUp();
    } catch (error) {
      this.onLoginFailed(error);
    }
  }

  private onLoginFailed(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    // It may let in no more than are in already. Those who wait get room when others leave, or at a later try.
    if (this.lines.size > 0 || this.logins.size > 1) {
      this.pause ??= setTimeout(() => {
        this.pause = undefined;
        this.serve();
      }, PAUSE_MS);
      return;
    }
    if (!(error instanceof SshError)) return this.refuse(error);
    this.refuse(this.hooks.blame(error));
    this.hooks.onDown(error);
  }

  private onOver(line: ProxyLine, reason: SshError | null): void {
    this.lines.delete(line);
    if (this.stopping.signal.aborted) return;
    if (reason && this.lines.size === 0) this.hooks.onBroken(reason);
    this.serve();
  }

  private refuse(error: unknown): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
