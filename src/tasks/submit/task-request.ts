import type { AuthType, NodeType, OsType } from '../../hosts/host.enums.js';
import type { OpType } from '../task.enums.js';
import { Complaints } from './complaints.js';

/** What a row says about its host beside the address; null: nothing. */
export interface HostFields {
  outerIp: string | null;
  account: string | null;
  port: number | null;
  authType: AuthType | null;
  password: string | null;
  key: string | null;
  osType: OsType | null;
  hasCygwin: boolean | null;
}

/** One host of a request, after the rows of `hosts` were fanned out over their addresses. */
export interface HostRow {
  /** As the client sent it; how answers name the row. */
  readonly sentIp: string;
  /** In canonical form; null when the row cannot be looked up: no address, or one that an earlier row has. */
  readonly address: string | null;
  readonly fields: Readonly<HostFields>;
  readonly complaints: Complaints;
}

/** A POST to tasks, understood. */
export interface TaskRequest {
  readonly opType: OpType;
  /** Null: each host's own; only UNINSTALL and REMOVE may leave it to that. */
  readonly nodeType: NodeType | null;
  readonly cloudId: number;
  readonly rows: readonly HostRow[];
  /** Takes hosts over from other businesses. */
  readonly ignoresInstalledElsewhere: boolean;
  /** The job whose failed hosts are tried again, with the credentials that are stored; null for a request of its own. */
  readonly originJobId: number | null;
  /** The version of the package to install; null: the newest that fits, or nothing is installed at all. */
  readonly packageVersion: string | null;
}

const PUTS_AN_AGENT: readonly OpType[] = ['INSTALL', 'REINSTALL', 'UPGRADE'];

/** Whether the operation ends with an agent on the host, so that it needs a package. */
export function putsAnAgent(opType: OpType): boolean {
  return PUTS_AN_AGENT.includes(opType);
}

/** Whether the operation is for hosts that nobody manages yet, so that it may make a row for one. */
export function takesNewHosts(opType: OpType): boolean {
  return opType === 'INSTALL' || opType === 'PRECHECK';
}

/** Whether the operation cannot do without a login, so that it needs a way in and an OS that fits. */
export function needsLogin(opType: OpType): boolean {
  return putsAnAgent(opType) || opType === 'PRECHECK';
}

/** Whether the operation takes the agent off its host. */
export function takesAgentAway(opType: OpType): boolean {
  return opType === 'UNINSTALL' || opType === 'REMOVE';
}

export const NO_FIELDS: Readonly<HostFields> = {
  outerIp: null,
  account: null,
  port: null,
  authType: null,
  password: null,
  key: null,
  osType: null,
  hasCygwin: null,
};
