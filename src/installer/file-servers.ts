import { Injectable } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { ProxiesService } from '../proxies/proxies.service.js';
import type { ClaimedRun } from '../tasks/run-claims.js';
import { serversMissing } from './steps/step-failures.js';

/** Where hosts fetch packages from, and where their agents report. */
@Injectable()
export class FileServers {
  constructor(
    private readonly config: ConfigService,
    private readonly proxies: ProxiesService,
  ) {}

  /**
   * `host:port` each, in the order in which the host is to try them, at least one.
   * @throws RunFailure when there is none
   */
  async of(run: ClaimedRun): Promise<readonly string[]> {
    const servers = await this.find(run);
    if (servers.length === 0) throw serversMissing(run);
    return servers;
  }

  private async find({ nodeType, businessId, cloudId }: ClaimedRun): Promise<readonly string[]> {
    if (nodeType === 'PAGENT') return this.proxies.areaServers(businessId, cloudId);
    const setting = await this.config.nginx();
    return (nodeType === 'PROXY' ? setting?.outer : setting?.inner) ?? [];
  }
}
