import type { AuthType, NodeType, OsType } from '../../hosts/host.enums.js';
import type { KnownHost, TaskFacts } from './known-hosts.js';
import { needsLogin, takesAgentAway, type HostRow, type TaskRequest } from './task-request.js';

/** What a host will be once the request is taken: the row's own words, else the host's, else the defaults. */
export interface HostPlan {
  readonly row: HostRow;
  /** The live host of this business at the address; null: it is to be made. */
  readonly known: KnownHost | null;
  /** The live host of another business at the address; one that is a candidate there has to make room. */
  readonly elsewhere: KnownHost | null;
  readonly nodeType: NodeType;
  readonly osType: OsType;
  readonly outerIp: string | null;
  readonly account: string;
  readonly port: number;
  readonly authType: AuthType;
  readonly hasCygwin: boolean;
  /** The password or key to store, as `authType` says; null: what is stored stays. */
  readonly secret: string | null;
}

export function planHosts(businessId: number, request: TaskRequest, facts: TaskFacts): HostPlan[] {
  return request.rows.map((row) => {
    const host = row.address === null ? null : (facts.hosts.get(row.address) ?? null);
    const known = host?.businessId === businessId ? host : null;
    return planHost(request, row, known, host === known ? null : host);
  });
}

function planHost(request: TaskRequest, row: HostRow, known: KnownHost | null, elsewhere: KnownHost | null): HostPlan {
  const { fields } = row;
  const authType = authTypeOf(request, row, known);
  const machine = needsLogin(request.opType)
    ? {
        osType: fields.osType ?? known?.osType ?? ('LINUX' as const),
        outerIp: fields.outerIp ?? known?.outerIp ?? null,
        hasCygwin: fields.hasCygwin ?? known?.hasCygwin ?? false,
      }
    : {
        osType: known?.osType ?? ('LINUX' as const),
        outerIp: known?.outerIp ?? null,
        hasCygwin: known?.hasCygwin ?? false,
      };
  return {
    row,
    known,
    elsewhere,
    nodeType: nodeTypeOf(request, known),
    ...machine,
    account: fields.account ?? known?.account ?? 'root',
    port: fields.port ?? (statesWayIn(request, known) ? 22 : (known?.port ?? 22)),
    authType,
    secret: authType === 'KEY' ? fields.key : fields.password,
  };
}

function nodeTypeOf({ opType, nodeType }: TaskRequest, known: KnownHost | null): NodeType {
  if (takesAgentAway(opType)) return known?.nodeType ?? nodeType ?? 'AGENT';
  return nodeType!;
}

function authTypeOf(request: TaskRequest, { fields }: HostRow, known: KnownHost | null): AuthType {
  if (statesWayIn(request, known)) return fields.authType ?? 'PASSWORD';
  const given = fields.password !== null ? 'PASSWORD' : fields.key !== null ? 'KEY' : null;
  // Whoever uninstalls with the web page's default auth_type and no secret does not mean to change the host.
  if (takesAgentAway(request.opType) && given === null) return known?.authType ?? 'PASSWORD';
  return fields.authType ?? given ?? known?.authType ?? 'PASSWORD';
}

/**
 * Whether the request itself states the whole way in: account and secret have to be there, and what it leaves out is the
 * default, not what an earlier try was given. A retry goes with what is stored, and so may a PRECHECK of a host that is known.
 */
export function statesWayIn({ opType, originJobId }: TaskRequest, known: KnownHost | null): boolean {
  if (originJobId !== null) return false;
  return opType === 'INSTALL' || (opType === 'PRECHECK' && known === null);
}
