import { Injectable } from '@nestjs/common';
import { DIRECT_CLOUD_ID } from '../clouds/cloud.entity.js';
import { ConfigService } from '../config/config.service.js';
import { ProxiesService } from '../proxies/proxies.service.js';
import type { Reporter } from './heartbeat-writer.js';

/** A change reaches agents with their next report; a few seconds sooner or later do not matter. */
const FRESH_MS = 5_000;
/** Areas that are remembered; more than that are read again now and then. */
const MOST_AREAS = 1_000;

type Place = Pick<Reporter, 'businessId' | 'cloudId' | 'nodeType'>;

/** What was read, and when. */
class Reading {
  private readonly readAt = performance.now();

  constructor(readonly servers: Promise<readonly string[]>) {}

  get isFresh(): boolean {
    return performance.now() - this.readAt <= FRESH_MS;
  }
}

/**
 * Where agents are to report to: those of cloud 0 and of proxies to the servers of the `nginx` setting, those behind
 * proxies to the proxies of their area. It is not read for each report.
 */
@Injectable()
export class ReportServers {
  private readonly readings = new Map<string, Reading>();

  constructor(
    private readonly config: ConfigService,
    private readonly proxies: ProxiesService,
  ) {}

  /** In order; empty when the agent is to keep those that it has: nothing is set, or its area has no proxy left. */
  async for({ businessId, cloudId, nodeType }: Place): Promise<string[]> {
    const servers = await (cloudId === DIRECT_CLOUD_ID
      ? this.read('inner', () => this.ofSetting('inner'))
      : nodeType === 'PROXY'
        ? this.read('outer', () => this.ofSetting('outer'))
        : this.read(`${businessId}/${cloudId}`, () => this.proxies.areaServers(businessId, cloudId)));
    return [...servers];
  }

  private async ofSetting(side: 'inner' | 'outer'): Promise<readonly string[]> {
    return (await this.config.nginx())?.[side] ?? [];
  }

  private read(name: string, read: () => Promise<readonly string[]>): Promise<readonly string[]> {
    const known = this.readings.get(name);
    if (known?.isFresh) return known.servers;
    if (this.readings.size >= MOST_AREAS) this.readings.clear();
    // A report that is written is good news: it is not refused because something else cannot be read.
    const reading = new Reading(read().catch(() => []));
    this.readings.set(name, reading);
    return reading.servers;
  }
}
