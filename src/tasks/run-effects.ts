import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AgentTokensService } from '../agents/agent-tokens.service.js';
import { CmdbService } from '../cmdb/cmdb.service.js';
import { CredentialsService } from '../hosts/credentials.service.js';
import { Host } from '../hosts/host.entity.js';
import { ProxiesService } from '../proxies/proxies.service.js';
import { HostKey } from '../ssh/host-key.entity.js';
import type { ClaimedRun } from './run-claims.js';

/** What the success of a run means for its host. It is part of the transaction that ends the run. */
@Injectable()
export class RunEffects {
  constructor(
    private readonly tokens: AgentTokensService,
    private readonly cmdb: CmdbService,
    private readonly credentials: CredentialsService,
    private readonly proxies: ProxiesService,
  ) {}

  async ofSuccess(manager: EntityManager, run: ClaimedRun): Promise<void> {
    switch (run.opType) {
      case 'INSTALL':
      case 'REINSTALL':
      case 'UPGRADE':
        return void (await manager.update(Host, { id: run.hostId }, { agentInstalled: true }));
      case 'UNINSTALL':
        return this.forgetAgent(manager, run);
      case 'REMOVE':
        await this.forgetAgent(manager, run);
        return this.forgetHost(manager, run);
      case 'UPDATE_AUTHINFO':
      case 'PRECHECK':
        return;
      default:
        throw new Error(`No effects are known for ${run.opType satisfies never}`);
    }
  }

  /** Reports of the agent, should it live on somewhere, are refused from here on. */
  private async forgetAgent(manager: EntityManager, { hostId, nodeType }: ClaimedRun): Promise<void> {
    await this.tokens.revoke(manager, hostId);
    if (nodeType === 'PROXY') await this.proxies.forget(manager, hostId);
    await manager.update(
      Host,
      { id: hostId },
      { agentInstalled: false, agentStatus: 'TERMINATED', agentStatusAt: () => 'now()' },
    );
  }

  private async forgetHost(manager: EntityManager, run: ClaimedRun): Promise<void> {
    const { hostId, businessId, cloudId, innerIp: address } = run;
    await manager.update(Host, { id: hostId }, { removedAt: () => 'now()' });
    if (!run.isCandidate) await this.cmdb.unregister(manager, { businessId, cloudId, address });
    await manager.delete(HostKey, { cloudId, address });
    await this.credentials.remove(manager, hostId);
  }
}
