import { Injectable } from '@nestjs/common';
import { type HostPlace, HostServers } from '../proxies/host-servers.js';

/** A change reaches agents with their next report; a few seconds sooner or later do not matter. */
const FRESH_MS = 5_000;
/** Areas that are remembered; more than that are read again now and then. */
const MOST_AREAS = 1_000;

/** What was read, and when. */
class Reading {
  private readonly readAt = performance.now();

  constructor(readonly servers: Promise<readonly string[]>) {}

  get isFresh(): boolean {
    return performance.now() - this.readAt <= FRESH_MS;
  }
}

/** Where agents are to report to. It is not read for each report. */
@Injectable()
export class ReportServers {
  private readonly readings = new Map<string, Reading>();

  constructor(private readonly servers: HostServers) {}

  /** In order; empty when the agent is to keep those that it has: nothing is set, or its area has no proxy left. */
  async for(place: HostPlace): Promise<string[]> {
    const name = nameOf(place);
    const known = this.readings.get(name);
    if (known?.isFresh) return [...(await known.servers)];
    if (this.readings.size >= MOST_AREAS) this.readings.clear();
    // A report that is written is good news: it is not refused because something else cannot be read.
    const reading = new Reading(this.servers.of(place).catch(() => []));
    this.readings.set(name, reading);
    return [...(await reading.servers)];
  }
}

/** Places that have the same servers share a name. */
function nameOf({ businessId, cloudId, nodeType }: HostPlace): string {
  return nodeType === 'PAGENT' ? `${businessId}/${cloudId}` : nodeType;
}
