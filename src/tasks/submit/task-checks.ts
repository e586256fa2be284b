import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../../auth/caller.js';
import { DIRECT_CLOUD_ID } from '../../clouds/cloud.entity.js';
import { NginxNotSetError } from '../../config/config.errors.js';
import { ConfigService } from '../../config/config.service.js';
import type { NginxSetting } from '../../config/nginx.setting.js';
import { Env } from '../../env/env.js';
import { DEFAULT_PACKAGE_NAME } from '../../packages/package-choice.js';
import { PackagesService } from '../../packages/packages.service.js';
import { type Complaints, refusalOf } from './complaints.js';
import { planHosts, type HostPlan } from './host-plan.js';
import { readFacts } from './known-hosts.js';
import { hostsElsewhere } from './other-business.js';
import { putsAnAgent, type TaskRequest } from './task-request.js';
import { applyRules } from './task-rules.js';
import { RULE_TEXTS } from './task-texts.js';

/** How many of the versions that there are a complaint names. */
const NAMED_VERSIONS = 10;
const SHOWN_OF_VERSION = 64;

/** Who asks, and in which business. */
export interface Asker {
  caller: Caller;
  businessId: number;
}

/** Holds requests against what is in the database. */
@Injectable()
export class TaskChecks {
  constructor(
    private readonly env: Env,
    private readonly config: ConfigService,
    private readonly packages: PackagesService,
  ) {}

  /** To be read before the transaction: asking for a second connection inside one could wait for ever when all are taken. */
  nginx(): Promise<NginxSetting | null> {
    return this.config.nginx();
  }

  /**
   * What the hosts of a request become. Those that exist are locked until the transaction ends.
   * @throws ValidateError naming every row that a rule forbids
   * @throws PermissionDeniedError when hosts are to be taken from a business where the caller may not do that
   * @throws NginxSettingError when the hosts would have nowhere to download from
   */
  async check(
    manager: EntityManager,
    { caller, businessId }: Asker,
    request: TaskRequest,
    nginx: NginxSetting | null,
  ): Promise<HostPlan[]> {
    const facts = await readFacts(manager, businessId, request);
    const plans = planHosts(businessId, request, facts);
    const complaints = applyRules(request, facts, plans, this.env);
    if (request.packageVersion !== null) await this.checkVersion(manager, request.packageVersion, plans, complaints);
    const elsewhere = hostsElsewhere(caller, request, plans);
    const refusal = refusalOf(complaints, request.rows, elsewhere);
    if (refusal) throw refusal;
    if (putsAnAgent(request.opType)) requireServers(request, nginx);
    return plans;
  }

  /** The version is that of the package that each host's agent is installed from. */
  private async checkVersion(
    manager: EntityManager,
    sent: string,
    plans: readonly HostPlan[],
    complaints: Complaints,
  ): Promise<void> {
    const names = new Set(plans.map(({ known }) => known?.agentName ?? DEFAULT_PACKAGE_NAME));
    for (const name of names) {
      const versions = await this.packages.versionsOf(manager, name);
      if (versions.includes(sent)) continue;
      const shown = sent.slice(0, SHOWN_OF_VERSION);
      complaints.add('version', RULE_TEXTS.noSuchVersion(name, shown, versions.slice(0, NAMED_VERSIONS)));
    }
  }
}

/** Hosts of cloud 0 download from the inner servers; the others by way of proxies, which use the outer ones. */
function requireServers({ cloudId }: TaskRequest, nginx: NginxSetting | null): void {
  const side = cloudId === DIRECT_CLOUD_ID ? 'inner' : 'outer';
  if (!nginx?.[side].length) throw new NginxNotSetError(side);
}
