export const NODE_TYPES = ['AGENT', 'PROXY', 'PAGENT'] as const;
/** AGENT: a host of cloud 0; PROXY: the door into another cloud; PAGENT: a host behind that door. */
export type NodeType = (typeof NODE_TYPES)[number];

export const OS_TYPES = ['LINUX', 'WINDOWS', 'AIX'] as const;
export type OsType = (typeof OS_TYPES)[number];

export const AUTH_TYPES = ['PASSWORD', 'KEY'] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

export const AGENT_STATUSES = ['UNKNOWN', 'RUNNING', 'TERMINATED'] as const;
/** UNKNOWN until the first report; TERMINATED after a goodbye or three silent intervals. */
export type AgentStatus = (typeof AGENT_STATUSES)[number];
