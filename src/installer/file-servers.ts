import { Injectable } from '@nestjs/common';
import { HostServers } from '../proxies/host-servers.js';
import type { ClaimedRun } from '../tasks/run-claims.js';
import { serversMissing } from './steps/step-failures.js';

/** Where the host of a run fetches packages from, and where its agent reports. */
@Injectable()
export class FileServers {
  constructor(private readonly servers: HostServers) {}

  /**
   * `host:port` each, in the order in which the host is to try them, at least one.
   * @throws RunFailure when there is none
   */
  async of(run: ClaimedRun): Promise<readonly string[]> {
    const servers = await this.servers.of(run);
    if (servers.length === 0) throw serversMissing(run);
    return servers;
  }
}
