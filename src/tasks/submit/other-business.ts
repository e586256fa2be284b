import type { Caller } from '../../auth/caller.js';
import { PermissionDeniedError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import type { HostPlan } from './host-plan.js';
import { takesNewHosts, type TaskRequest } from './task-request.js';
import { RULE_TEXTS } from './task-texts.js';

/**
 * Rule 9: hosts that another business manages at the same address and cloud. Returns `[<ip>, [<business id>]]` for each,
 * with `*` for a business that the caller may not see; or, when the request takes them over, nothing but complaints
 * about those that are busy there. A mere look takes nothing over, and another business's candidates are in nobody's way.
 * @throws PermissionDeniedError when the caller may not take a host from its business
 */
export function hostsElsewhere(caller: Caller, request: TaskRequest, plans: readonly HostPlan[]): [string, Text[]][] {
  if (!takesNewHosts(request.opType)) return [];
  const isTakeover = request.opType === 'INSTALL' && request.ignoresInstalledElsewhere;
  const reported: [string, Text[]][] = [];
  for (const { row, elsewhere: host } of plans) {
    if (host === null) continue;
    if (!host.isCandidate && !isTakeover) {
      reported.push([row.sentIp, [Text.verbatim(shownId(caller, host.businessId))]]);
      continue;
    }
    if (!host.isCandidate && !caller.may('operator', host.businessId)) throw new PermissionDeniedError();
    if (host.isBusy) row.complaints.only('inner_ip', RULE_TEXTS.busy);
  }
  return reported;
}

function shownId(caller: Caller, businessId: number): string {
  return caller.roleIn(businessId) === null ? '*' : String(businessId);
}
