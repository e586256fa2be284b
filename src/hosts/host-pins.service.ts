import { Injectable, Logger } from '@nestjs/common';
import type { HostKey } from '../ssh/host-key.entity.js';
import { HostKeysService } from '../ssh/host-keys.service.js';
import type { Host } from './host.entity.js';
import { HostsService } from './hosts.service.js';

/** The pinned SSH keys of a host, under each address that it may be logged in to. */
@Injectable()
export class HostPinsService {
  private readonly logger = new Logger(HostPinsService.name);

  constructor(
    private readonly hosts: HostsService,
    private readonly keys: HostKeysService,
  ) {}

  /** @throws ObjectNotExistError when the business has no such host */
  async list(businessId: number, hostId: number): Promise<HostKey[]> {
    const host = await this.hosts.get(businessId, hostId);
    const keys = await Promise.all(addressesOf(host).map((address) => this.keys.list(host.cloudId, address)));
    return keys.flat();
  }

  /**
   * Forgets them and returns how many there were.
   * @throws ObjectNotExistError when the business has no such host
   */
  async forget(businessId: number, hostId: number, username: string): Promise<number> {
    const host = await this.hosts.get(businessId, hostId);
    const counts = await Promise.all(addressesOf(host).map((address) => this.keys.forget(host.cloudId, address)));
    const forgotten = counts.reduce((sum, count) => sum + count, 0);
    this.logger.log(`${username} had ${forgotten} SSH keys of host ${hostId} forgotten`);
    return forgotten;
  }
}

function addressesOf({ innerIp, outerIp }: Host): string[] {
  return outerIp === null || outerIp === innerIp ? [innerIp] : [innerIp, outerIp];
}
