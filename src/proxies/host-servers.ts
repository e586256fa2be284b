import { Injectable } from '@nestjs/common';
import { ConfigService } from '../config/config.service.js';
import { ProxiesService } from './proxies.service.js';

/** Where a host is, as far as it matters here. */
export interface HostPlace {
  readonly businessId: number;
  readonly cloudId: number;
  readonly nodeType: string;
}

/**
 * Where hosts fetch packages from, and where their agents report: those of cloud 0 and proxies at the servers of the
 * `nginx` setting, those behind proxies at the proxies of their area.
 */
@Injectable()
export class HostServers {
  constructor(
    private readonly config: ConfigService,
    private readonly proxies: ProxiesService,
  ) {}

  /** `host:port` each, in the order in which they are to be tried; empty when nothing is set, or no proxy is left. */
  async of({ businessId, cloudId, nodeType }: HostPlace): Promise<readonly string[]> {
    if (nodeType === 'PAGENT') return this.proxies.areaServers(businessId, cloudId);
    const setting = await this.config.nginx();
    return (nodeType === 'PROXY' ? setting?.outer : setting?.inner) ?? [];
  }
}
