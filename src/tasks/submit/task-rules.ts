import type { Text } from '../../common/i18n/text.js';
import { DIRECT_CLOUD_ID } from '../../clouds/cloud.entity.js';
import type { OpType } from '../task.enums.js';
import { Complaints } from './complaints.js';
import { statesWayIn, type HostPlan } from './host-plan.js';
import type { KnownHost, TaskFacts } from './known-hosts.js';
import { needsLogin, takesAgentAway, takesNewHosts, type TaskRequest } from './task-request.js';
import { FIELD_TEXTS, RULE_TEXTS } from './task-texts.js';

interface Limits {
  maxProxiesPerCloud: number;
}

/**
 * Holds a request against the rules of tasks; complaints are added to its rows, those about the request as a whole are
 * returned. The numbers below are the contract's. Rule 9 is `other-business.ts`.
 * @see contract 3.5
 */
export function applyRules(
  request: TaskRequest,
  facts: TaskFacts,
  plans: readonly HostPlan[],
  { maxProxiesPerCloud }: Limits,
): Complaints {
  const body = new Complaints();
  const wrongCloud = cloudComplaint(request, facts);
  if (wrongCloud) body.add('bk_cloud_id', wrongCloud);
  for (const plan of plans) {
    const { complaints } = plan.row;
    if (complaints.has('non_field_errors')) continue; // it is no row at all
    if (plan.known?.isBusy && request.opType !== 'UPDATE_AUTHINFO') {
      complaints.only('inner_ip', RULE_TEXTS.busy); // 7: whatever else is wrong can wait until then
      continue;
    }
    if (wrongCloud) complaints.add('bk_cloud_id', wrongCloud);
    checkState(request, plan);
    checkMachine(request, plan);
    checkCredential(request, plan);
    if (request.opType === 'UPDATE_AUTHINFO') checkSomethingToSave(plan);
  }
  if (wrongCloud === null) {
    checkUsableProxy(request, facts, plans);
    if (request.opType === 'INSTALL') checkProxyLimit(facts, plans, maxProxiesPerCloud);
    checkLastProxy(request, facts, plans);
  }
  return body;
}

/** 5. The type of node and the cloud fit each other. */
function cloudComplaint({ cloudId, nodeType }: TaskRequest, { doesCloudExist }: TaskFacts): Text | null {
  if (!doesCloudExist) return RULE_TEXTS.cloudUnknown;
  if (nodeType === 'AGENT' && cloudId !== DIRECT_CLOUD_ID) return RULE_TEXTS.agentOutsideDirectCloud;
  if (nodeType !== null && nodeType !== 'AGENT' && cloudId === DIRECT_CLOUD_ID) {
    return RULE_TEXTS.proxyInDirectCloud(nodeType);
  }
  return null;
}

/** 2. INSTALL is for hosts without an agent, PRECHECK for any, everything else for hosts that we manage. */
function checkState({ opType, nodeType }: TaskRequest, { row, known }: HostPlan): void {
  if (row.address === null) return;
  if (opType === 'INSTALL') {
    if (known?.isInstalled) row.complaints.add('inner_ip', RULE_TEXTS.installed);
  } else if (!isThereFor(opType, known)) {
    row.complaints.add('inner_ip', RULE_TEXTS.notInstalled);
  } else if (isManaged(known) && !takesAgentAway(opType) && nodeType !== known.nodeType) {
    row.complaints.add('inner_ip', RULE_TEXTS.otherNodeType(known.nodeType));
  }
}

function isManaged(known: KnownHost | null): known is KnownHost {
  return known !== null && !known.isCandidate;
}

/** A candidate can be checked again, have its login corrected and leave the list; nothing else is there to be done to it. */
function isThereFor(opType: OpType, known: KnownHost | null): boolean {
  if (known?.isCandidate) return opType === 'PRECHECK' || opType === 'UPDATE_AUTHINFO' || opType === 'REMOVE';
  return known !== null || takesNewHosts(opType);
}

/** 3. What a PROXY has to be; and Windows, which speaks no SSH and no POSIX sh of its own. */
function checkMachine({ opType }: TaskRequest, { row, nodeType, osType, outerIp, hasCygwin }: HostPlan): void {
  if (!needsLogin(opType)) return;
  if (nodeType === 'PROXY') {
    if (osType !== 'LINUX') row.complaints.add('os_type', RULE_TEXTS.proxyNeedsLinux);
    if (takesNewHosts(opType) && outerIp === null) row.complaints.add('outer_ip', RULE_TEXTS.proxyNeedsOuterIp);
  } else if (osType === 'WINDOWS' && !hasCygwin) row.complaints.add('has_cygwin', RULE_TEXTS.cygwinNeeded);
}

/** 8. What makes a host brings the way in; what is done later may rely on what is stored, while it is. */
function checkCredential(request: TaskRequest, { row, known, authType, secret }: HostPlan): void {
  const field = authType === 'KEY' ? 'key' : 'password';
  if (statesWayIn(request, known)) {
    requireField(row.complaints, 'account', row.fields.account);
    requireField(row.complaints, field, secret);
  } else if (needsLogin(request.opType) && secret === null && row.address !== null) {
    const isForNewHost = known === null && takesNewHosts(request.opType);
    if (isForNewHost || (known && known.storedKind !== authType)) {
      row.complaints.add(field, RULE_TEXTS.credentialExpired);
    }
  }
}

/** A value that is there but wrong has its complaint already. */
function requireField(complaints: Complaints, field: string, value: string | null): void {
  if (value === null && !complaints.has(field)) complaints.add(field, FIELD_TEXTS.required);
}

function checkSomethingToSave({ row, known, authType, secret }: HostPlan): void {
  if (!known || !row.complaints.isEmpty) return;
  const { account, port } = row.fields;
  if (secret === null && authType !== known.authType && known.storedKind !== authType) {
    row.complaints.add(authType === 'KEY' ? 'key' : 'password', FIELD_TEXTS.required);
  } else if (account === null && port === null && secret === null && authType === known.authType) {
    row.complaints.add('non_field_errors', RULE_TEXTS.nothingToSave);
  }
}

/** 4. The way to a PAGENT goes through a PROXY. */
function checkUsableProxy({ opType, nodeType }: TaskRequest, { proxies }: TaskFacts, plans: readonly HostPlan[]): void {
  if (nodeType !== 'PAGENT' || !needsLogin(opType) || proxies.some(({ isUsable }) => isUsable)) return;
  for (const { row, known } of plans) if (!known?.isBusy) row.complaints.add('inner_ip', RULE_TEXTS.noUsableProxy);
}

/** 3. Rows beyond the number of proxies that a business may have in a cloud. */
function checkProxyLimit({ proxies }: TaskFacts, plans: readonly HostPlan[], max: number): void {
  const added = plans.filter(({ row, known, nodeType }) => {
    const isCounted = isManaged(known) && known.nodeType === 'PROXY';
    return nodeType === 'PROXY' && row.address !== null && !isCounted && !known?.isBusy;
  });
  for (const { row } of added.slice(Math.max(max - proxies.length, 0))) {
    if (!row.complaints.has('inner_ip')) row.complaints.add('inner_ip', RULE_TEXTS.tooManyProxies(max));
  }
}

/** 6. Hosts behind a door keep at least one. */
function checkLastProxy({ opType }: TaskRequest, facts: TaskFacts, plans: readonly HostPlan[]): void {
  if (!takesAgentAway(opType) || !facts.hasPagents) return;
  const leaving = plans.filter(({ known }) => isManaged(known) && known.nodeType === 'PROXY');
  const leavingIds = new Set(leaving.map(({ known }) => known!.id));
  if (facts.proxies.some(({ id, isStaying }) => isStaying && !leavingIds.has(id))) return;
  for (const { row, known } of leaving) if (!known!.isBusy) row.complaints.add('inner_ip', RULE_TEXTS.lastProxy);
}
