import type { Duplex } from 'node:stream';
import { Text } from '../../common/i18n/text.js';
import type { Step } from '../../common/vocabulary/steps.js';
import type { ProxiesService, ProxyView } from '../../proxies/proxies.service.js';
import { failureOf, ProxyFailedError } from '../../proxies/proxy-failed.error.js';
import type { ProxyLines } from '../../proxies/proxy-lines.js';
import type { SshErrorKind } from '../../ssh/ssh.errors.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { RunFailure } from '../run.failures.js';
import type { RunJournal } from '../run-journal.js';
import type { HostRoute } from './host-route.js';
import { goingOn, noProxyLeft, proxyLost, through } from './proxy-texts.js';

/** What it looks like when the proxy in the middle of a session dies, and when the host does. */
const PROXY_OR_HOST: ReadonlySet<string> = new Set<SshErrorKind>([
  ...(['lost', 'silent', 'exec-timeout', 'login-timeout', 'other'] as const),
]);
/** What it looks like when a proxy that is well cannot connect to the host. */
const NOT_REACHED: ReadonlySet<string> = new Set<SshErrorKind>(['forward-failed', 'connect-timeout']);

interface Fault {
  readonly why: Text;
  /** Its connection broke, but it can be logged in to again. */
  readonly isWellAgain?: boolean;
}

/** A proxy that this run could not use. */
export interface ProxyFailure extends Fault {
  readonly step: Step;
  readonly proxy: ProxyView;
}

/**
 * Through one of the proxies of the host's area, and never past them. Each may fail once a step, or twice when it is
 * well again; those that failed before come last.
 */
export class ProxyRoute implements HostRoute {
  private current: ProxyView | null = null;
  private stream: Duplex | null = null;
  private readonly failures: ProxyFailure[] = [];
  /** What the first proxy said that could not connect to the host. */
  private notReached: RunFailure | null = null;

  constructor(
    private readonly proxies: ProxiesService,
    private readonly lines: ProxyLines,
    private readonly run: ClaimedRun,
    private readonly journal: RunJournal,
    private readonly connectTimeoutMs: number,
  ) {}

  get address(): string {
    return this.run.innerIp;
  }

  async open(signal: AbortSignal): Promise<Duplex> {
    const [proxy, ...others] = await this.left();
    if (!proxy) throw this.noneLeft();
    this.current = proxy;
    this.stream = null;
    this.journal.say(through(proxy, others.filter(({ isUsable }) => isUsable).length));
    const options = { signal, timeoutMs: this.connectTimeoutMs };
    this.stream = await this.lines.open(proxy, this.address, this.run.port, options);
    return this.stream;
  }

  async another(error: unknown, signal: AbortSignal): Promise<void> {
    const { current: proxy } = this;
    if (proxy === null) throw error;
    const fault = await this.faultOf(proxy, error, signal);
    if (fault === null) throw error;
    if (this.mayUse(proxy)) this.failures.push({ step: this.journal.step, proxy, ...fault });
    if ((await this.left()).length === 0) throw this.noneLeft();
    this.journal.say(goingOn(proxy, fault.why));
  }

  /** Why this proxy is to be left; null when the run fails by something else. */
  private async faultOf(proxy: ProxyView, error: unknown, signal: AbortSignal): Promise<Fault | null> {
    if (error instanceof ProxyFailedError) return { why: error.cause.happened };
    const broken = this.stream && failureOf(proxy, this.stream);
    if (broken) return { why: broken.cause.happened, isWellAgain: await this.lines.isAlive(proxy, signal) };
    const kind = error instanceof RunFailure ? error.clues.sshKind : undefined;
    if (!(error instanceof RunFailure) || kind === undefined) return null;
    if (NOT_REACHED.has(kind)) {
      // A proxy may be cut off from a part of its area. Two that say the same are believed.
      if (this.notReached) return null;
      this.notReached = error;
      return { why: error.text };
    }
    if (!PROXY_OR_HOST.has(kind) || (await this.lines.isAlive(proxy, signal))) return null;
    return { why: proxyLost() };
  }

  /** The proxies that may be used at this step, the best one first. */
  private async left(): Promise<ProxyView[]> {
    const all = await this.proxies.of(this.run.businessId, this.run.cloudId);
    const failed = ({ hostId }: ProxyView): number =>
      this.failures.filter(({ proxy }) => proxy.hostId === hostId).length;
    return all
      .filter((proxy) => this.mayUse(proxy))
      .sort(
        (a, b) =>
          failed(a) - failed(b) ||
          Number(b.isUsable) - Number(a.isUsable) ||
          this.lines.load(a.hostId) - this.lines.load(b.hostId),
      );
  }

  private mayUse({ hostId }: ProxyView): boolean {
    const failures = this.failuresHere().filter(({ proxy }) => proxy.hostId === hostId);
    return failures.length === 0 || (failures.length === 1 && failures[0]!.isWellAgain === true);
  }

  private noneLeft(): RunFailure {
    return this.notReached ?? noProxyLeft(this.journal.step, this.run.cloudId, this.failuresHere());
  }

  private failuresHere(): ProxyFailure[] {
    return this.failures.filter(({ step }) => step === this.journal.step);
  }
}
