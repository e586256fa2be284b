import { Injectable } from '@nestjs/common';
import { Env } from '../../env/env.js';
import { ProxiesService } from '../../proxies/proxies.service.js';
import { ProxyLines } from '../../proxies/proxy-lines.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import type { RunJournal } from '../run-journal.js';
import { DirectRoute, type HostRoute } from './host-route.js';
import { ProxyRoute } from './proxy-route.js';

/** Makes the route to the host of a run. */
@Injectable()
export class HostRoutes {
  constructor(
    private readonly proxies: ProxiesService,
    private readonly lines: ProxyLines,
    private readonly env: Env,
  ) {}

  of(run: ClaimedRun, journal: RunJournal): HostRoute {
    if (run.nodeType !== 'PAGENT') return new DirectRoute(addressOf(run));
    const connectTimeoutMs = this.env.sshConnectTimeoutSeconds * 1000;
    return new ProxyRoute(this.proxies, this.lines, run, journal, connectTimeoutMs);
  }
}

/** Where a host that is reached directly is logged in to: a proxy by its outer side. */
export function addressOf({ nodeType, innerIp, outerIp }: ClaimedRun): string {
  return nodeType === 'PROXY' ? (outerIp ?? innerIp) : innerIp;
}
