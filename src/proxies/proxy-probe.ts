import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Text } from '../common/i18n/text.js';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { Env } from '../env/env.js';
import { SshError } from '../ssh/ssh.errors.js';
import { ProxiesService, type ProxyView } from './proxies.service.js';
import { ProxyLines } from './proxy-lines.js';

const MOST_AT_ONCE = 50;
/** Half an interval until a proxy is looked at, a tenth until somebody notices, a third for the look itself. */
const CHECK_EVERY = 1 / 2;
const LOOK_EVERY = 1 / 10;
const CHECK_WITHIN = 1 / 3;
/** As long as a login to a busy host may well take: less than that is no sign of trouble. */
const SLOW_LOGIN_MS = 5_000;

/**
 * Logs in to every proxy twice in a heartbeat interval, so that counts of usable ones are right within one. All workers
 * share in it.
 */
@Injectable()
export class ProxyProbe implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly checkEverySeconds: number;
  private readonly checkWithinMs: number;
  private readonly task: RepeatingTask;
  private readonly stopping = new AbortController();
  private readonly checks = new Set<Promise<void>>();

  constructor(
    private readonly proxies: ProxiesService,
    private readonly lines: ProxyLines,
    env: Env,
  ) {
    const intervalMs = env.heartbeatIntervalSeconds * 1_000;
    this.checkEverySeconds = (intervalMs * CHECK_EVERY) / 1_000;
    this.checkWithinMs = Math.max(intervalMs * CHECK_WITHIN, SLOW_LOGIN_MS);
    const lookEveryMs = Math.max(intervalMs * LOOK_EVERY, 250);
    this.task = new RepeatingTask('looking at proxies', lookEveryMs, () => this.look());
  }

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new Error('The worker is shutting down'));
    await this.task.stop();
    await Promise.all(this.checks);
  }

  /** Does not wait for what it begins: a proxy that does not answer must not keep the others waiting. */
  private async look(): Promise<void> {
    const room = MOST_AT_ONCE - this.checks.size;
    if (room === 0) return;
    const due = await this.proxies.takeDue(room, this.checkEverySeconds);
    for (const proxy of due) {
      const check = this.check(proxy)
        // The database is away: the next look tells so.
        .catch(() => {})
        .finally(() => this.checks.delete(check));
      this.checks.add(check);
    }
  }

  private async check(proxy: ProxyView): Promise<void> {
    const deadline = AbortSignal.timeout(this.checkWithinMs);
    const signal = AbortSignal.any([this.stopping.signal, deadline]);
    try {
      await this.lines.check(proxy, signal);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      if (error instanceof SshError) return this.proxies.markDown(proxy.hostId, error.text);
      if (deadline.aborted) return this.proxies.markDown(proxy.hostId, tooSlow(proxy, this.checkWithinMs));
      throw error;
    }
    await this.proxies.markUp(proxy.hostId);
  }
}

function tooSlow({ innerIp }: ProxyView, timeoutMs: number): Text {
  const seconds = timeoutMs / 1_000;
  return new Text(
    `${seconds} 秒内未能登录 PROXY ${innerIp} 并经由它建立连接。请检查网络、主机负载和 sshd`,
    `Proxy ${innerIp} did not let the server in and through within ${seconds} s. Check the network, the host's load and sshd`,
  );
}
