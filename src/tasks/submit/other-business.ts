import type { Caller } from '../../auth/caller.js';
import { PermissionDeniedError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import type { HostPlan } from './host-plan.js';
import type { TaskRequest } from './task-request.js';
import { RULE_TEXTS } from './task-texts.js';

/**
 * Rule 9: hosts that another business manages at the same address and cloud. Returns `[<ip>, [<business id>]]` for each,
 * with `*` for a business that the caller may not see; or, when the request takes them over, nothing but complaints
 * about those that are busy there.
 * @throws PermissionDeniedError when the caller may not take a host from its business
 */
export function hostsElsewhere(caller: Caller, request: TaskRequest, plans: readonly HostPlan[]): [string, Text[]][] {
  if (request.opType !== 'INSTALL') return [];
  const elsewhere = plans.filter((plan) => plan.elsewhere !== null);
  if (!request.ignoresInstalledElsewhere) {
    return elsewhere.map((plan) => [plan.row.sentIp, [Text.verbatim(shownId(caller, plan.elsewhere!.businessId))]]);
  }
  for (const { row, elsewhere: host } of elsewhere) {
    if (!caller.may('operator', host!.businessId)) throw new PermissionDeniedError();
    if (host!.isBusy) row.complaints.only('inner_ip', RULE_TEXTS.busy);
  }
  return [];
}

function shownId(caller: Caller, businessId: number): string {
  return caller.roleIn(businessId) === null ? '*' : String(businessId);
}
