import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { HostKey } from './host-key.entity.js';
import { endpoint, hostKeyChanged } from './ssh-error-texts.js';
import type { ConnectOptions, PresentedHostKey } from './ssh-session.js';

/** A place where an SSH server listens. Addresses of different clouds are different places. */
export interface HostKeyPlace {
  cloudId: number;
  address: string;
  port: number;
}

/** What `SshService.connect` needs to hold a host to its key. */
export interface HostKeyCheck extends Pick<ConnectOptions, 'verifyHostKey'> {
  pinnedKeyType?: string;
}

/** The keys that hosts showed at their first connection, and must show ever after. */
@Injectable()
export class HostKeysService {
  constructor(@InjectRepository(HostKey) private readonly keys: Repository<HostKey>) {}

  find(cloudId: number, address: string, port: number): Promise<HostKey | null> {
    return this.keys.findOneBy({ cloudId, address, port });
  }

  /**
   * Pins the key unless another one is pinned already, and tells whether it is the pinned one. Of two first connections
   * at once, one pins and the other compares.
   * @param runId the run that connected, for the record
   */
  async trustFirst(place: HostKeyPlace, shown: PresentedHostKey, runId: number | null): Promise<boolean> {
    const pinned = await this.pin(place, shown, runId);
    return isSameKey(pinned, shown);
  }

  /**
   * Prepares a connection: the pinned key's type, and a check that pins at first use.
   * The check throws an SshError of kind `host-key-changed` that names both keys.
   */
  async check(place: HostKeyPlace, runId: number | null): Promise<HostKeyCheck> {
    const known = await this.find(place.cloudId, place.address, place.port);
    return {
      ...(known && { pinnedKeyType: known.keyType }),
      verifyHostKey: async (shown) => {
        const pinned = known ?? (await this.pin(place, shown, runId));
        if (isSameKey(pinned, shown)) return true;
        const where = endpoint(place.address, place.port);
        throw hostKeyChanged(where, shown, `${pinned.keyType} ${pinned.fingerprint}`);
      },
    };
  }

  /** The keys of an address on all its ports, sorted by port; of a whole cloud, sorted by address, at most 500. */
  list(cloudId: number, address?: string): Promise<HostKey[]> {
    return this.keys.find({
      where: { cloudId, ...(address !== undefined && { address }) },
      order: { address: 'ASC', port: 'ASC' },
      take: 500,
    });
  }

  /** Unpins an address on all its ports, as after a reinstallation. Returns how many keys were forgotten. */
  async forget(cloudId: number, address: string): Promise<number> {
    return (await this.keys.delete({ cloudId, address })).affected ?? 0;
  }

  private async pin(place: HostKeyPlace, shown: PresentedHostKey, runId: number | null): Promise<HostKey> {
    const { type: keyType, publicKey, fingerprint } = shown;
    await this.keys
      .createQueryBuilder()
      .insert()
      .values({ ...place, keyType, publicKey, fingerprint, firstRunId: runId })
      .orIgnore()
      .execute();
    return this.keys.findOneByOrFail({ ...place });
  }
}

function isSameKey(pinned: HostKey, shown: PresentedHostKey): boolean {
  return pinned.keyType === shown.type && pinned.publicKey === shown.publicKey;
}
