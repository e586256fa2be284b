import type { Duplex } from 'node:stream';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Env } from '../env/env.js';
import type { ForwardOptions } from '../ssh/ssh-session.js';
import { SshError } from '../ssh/ssh.errors.js';
import { ProxiesService, type ProxyView } from './proxies.service.js';
import { ProxyFailedError } from './proxy-failed.error.js';
import { ProxyLogin } from './proxy-login.js';
import { ProxyPool } from './proxy-pool.js';

const ALIVE_WITHIN_MS = 5_000;

interface Entry {
  readonly pool: ProxyPool;
  /** As it was last asked for. */
  proxy: ProxyView;
  /** The answer that somebody waits for. */
  alive: Promise<boolean> | null;
}

/** Connections through proxies to the hosts behind them. All runs of a worker share the sessions that carry them. */
@Injectable()
export class ProxyLines implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ProxyLines.name);
  private readonly entries = new Map<number, Entry>();
  private isClosed = false;

  constructor(
    private readonly login: ProxyLogin,
    private readonly proxies: ProxiesService,
    private readonly env: Env,
  ) {}

  /**
   * Connects through the proxy. When the proxy's session breaks later, `failureOf` tells so from the stream.
   * @param options `timeoutMs` is for the target's answer; the wait for room for one more channel is limited by the
   *   signal alone
   * @throws ProxyFailedError when the proxy is at fault; SshError of kind `forward-failed` or `connect-timeout` when the
   *   target is; the signal's reason when that aborts
   */
  async open(proxy: ProxyView, address: string, port: number, options: ForwardOptions): Promise<Duplex> {
    try {
      return await this.entryOf(proxy).pool.open(address, port, options);
    } catch (error) {
      if (!(error instanceof SshError) || error.kind === 'forward-failed') throw error;
      const isTargetSilent = error.kind === 'connect-timeout' && (await this.isAlive(proxy, options.signal));
      throw isTargetSilent ? error : new ProxyFailedError(proxy, error);
    }
  }

  /** Channels to hosts behind the proxy that are open, or asked for. */
  load(hostId: number): number {
    return this.entries.get(hostId)?.pool.load ?? 0;
  }

  /** Whether a channel through the proxy can be had within five seconds. @throws the signal's reason when that aborts */
  async isAlive(proxy: ProxyView, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const entry = this.entryOf(proxy);
    // One answer does for all who ask: when a proxy dies, that is everybody behind it.
    entry.alive ??= this.knock(entry).finally(() => (entry.alive = null));
    return unlessAborted(entry.alive, signal);
  }

  /**
   * Logs in anew and opens a channel: what a host behind the proxy needs of it.
   * @throws SshError telling why that does not work; the signal's reason when that aborts
   */
  async check(proxy: ProxyView, signal: AbortSignal): Promise<void> {
    const session = await this.entryOf(proxy).pool.logIn(signal);
    try {
      await answerOf(session.forward(...this.ownPort(proxy), { signal, timeoutMs: ALIVE_WITHIN_MS }));
    } finally {
      void session.close();
    }
  }

  /** Ends all connections; resolves when they are gone. */
  async close(): Promise<void> {
    this.isClosed = true;
    const reason = new Error('The worker is shutting down');
    await Promise.all([...this.entries.values()].map(({ pool }) => pool.close(reason)));
    this.entries.clear();
  }

  /** Not earlier: runs that were stopped by the shutdown have cleaned up on their hosts by then. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** By a connection that is there, since that is the one that others depend on; else by a new one. */
  private async knock({ pool, proxy }: Entry): Promise<boolean> {
    const signal = AbortSignal.timeout(ALIVE_WITHIN_MS);
    const opening = pool.openNow(...this.ownPort(proxy), { signal, timeoutMs: ALIVE_WITHIN_MS });
    return (opening ? answerOf(opening) : this.check(proxy, signal)).then(
      () => true,
      () => false,
    );
  }

  private ownPort({ innerIp }: ProxyView): [string, number] {
    return [innerIp, this.env.proxyPort];
  }

  private entryOf(proxy: ProxyView): Entry {
    if (this.isClosed) throw new Error('The worker is shutting down');
    const known = this.entries.get(proxy.hostId);
    if (known) return Object.assign(known, { proxy });
    for (const [hostId, { pool, alive }] of this.entries) if (pool.isEmpty && !alive) this.entries.delete(hostId);
    const entry: Entry = { proxy, alive: null, pool: this.poolOf(() => entry.proxy) };
    this.entries.set(proxy.hostId, entry);
    return entry;
  }

  private poolOf(proxy: () => ProxyView): ProxyPool {
    return new ProxyPool({
      logIn: (signal) => this.login.open(proxy(), signal),
      blame: (error) => new ProxyFailedError(proxy(), error),
      onUp: () => this.note(this.proxies.markUp(proxy().hostId)),
      onDown: ({ text }) => this.note(this.proxies.markDown(proxy().hostId, text)),
      onBroken: ({ text }) => this.note(this.proxies.markBroken(proxy().hostId, text)),
    });
  }

  /** What the probe finds out soon anyway is not worth a failure. */
  private note(writing: Promise<void>): void {
    writing.catch((error: Error) => this.logger.warn(`the state of a proxy could not be written: ${error.message}`));
  }
}

/** Resolves when sshd has passed a connection on. Whether anybody listens there is not its business. */
async function answerOf(opening: Promise<Duplex>): Promise<void> {
  try {
    (await opening).destroy();
  } catch (error) {
    if (!(error instanceof SshError) || error.kind !== 'forward-failed') throw error;
  }
}

function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
