export const OP_TYPES = [
  'INSTALL',
  'REINSTALL',
  'UNINSTALL',
  'REMOVE',
  'UPGRADE',
  'UPDATE_AUTHINFO',
  'PRECHECK',
] as const;
export type OpType = (typeof OP_TYPES)[number];

export const RUN_STATUSES = ['QUEUE', 'RUNNING', 'SUCCESS', 'FAILED'] as const;
/** QUEUE → RUNNING → SUCCESS | FAILED, nothing else. */
export type RunStatus = (typeof RUN_STATUSES)[number];

export const JOB_STATUSES = ['RUNNING', 'SUCCESS', 'PARTIAL_SUCCESS', 'FAILED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];
