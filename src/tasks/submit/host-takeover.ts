import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { CmdbService } from '../../cmdb/cmdb.service.js';
import { CredentialsService } from '../../hosts/credentials.service.js';
import { Host } from '../../hosts/host.entity.js';
import type { HostPlan } from './host-plan.js';

/** Takes hosts from the businesses that have them, so that another one can have them. */
@Injectable()
export class HostTakeover {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly tokens: AgentTokensService,
    private readonly cmdb: CmdbService,
  ) {}

  /** Their agents may not report any more, and what was stored to open them is gone. The CMDB knows no candidates. */
  async take(manager: EntityManager, cloudId: number, plans: readonly HostPlan[]): Promise<void> {
    for (const { row, elsewhere } of plans) {
      if (elsewhere === null) continue;
      const { id, businessId, isCandidate } = elsewhere;
      await manager.update(Host, { id }, { removedAt: () => 'now()' });
      await this.credentials.remove(manager, id);
      await this.tokens.revoke(manager, id);
      if (!isCandidate) await this.cmdb.unregister(manager, { businessId, cloudId, address: row.address! });
    }
  }
}
