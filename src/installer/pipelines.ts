import type { Step } from '../common/vocabulary/steps.js';
import type { NodeType } from '../hosts/host.enums.js';
import type { OpType } from '../tasks/task.enums.js';

/** What is done for a run, in order. */
export interface Pipeline {
  readonly steps: readonly Step[];
  /** A host that cannot be reached, or does not let us in, ends the work well: what is on it stays. */
  readonly sparesUnreachable: boolean;
}

const INSTALL_STEPS: readonly Step[] = [
  'INIT',
  'SSH_LOGIN',
  'INSTALL_DEP',
  'DOWNLOAD_FILE',
  'EXECUTE_SCRIPT',
  'SCRIPT_DONE',
  'REGISTER_CMDB',
  'WAIT_AGENT',
];
const BEHIND_PROXY_STEPS: readonly Step[] = [
  'INIT',
  'CREATE_JOB_SCRIPT',
  'SSH_LOGIN',
  'EXECUTE_JOB',
  'SCRIPT_DONE',
  'REGISTER_CMDB',
  'WAIT_AGENT',
];
const UNINSTALL_STEPS: readonly Step[] = ['INIT', 'SSH_LOGIN', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT'];
/** With nothing to log in with, and an agent that runs: it takes itself off. */
const THROUGH_AGENT_STEPS: readonly Step[] = ['INIT', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT'];
const PRECHECK_STEPS: readonly Step[] = ['INIT', 'SSH_LOGIN', 'EXECUTE_SCRIPT', 'SCRIPT_DONE'];

const work = (steps: readonly Step[]): Pipeline => ({ steps, sparesUnreachable: false });
const removal = (steps: readonly Step[]): Pipeline => ({ steps, sparesUnreachable: true });

/** UPDATE_AUTHINFO has no work: it succeeds in the transaction that stores the credential. */
type WorkingOp = Exclude<OpType, 'UPDATE_AUTHINFO'>;

/** Every pipeline, as data. @see docs/architecture.md, "A run's life" */
export const PIPELINES: Readonly<Record<WorkingOp, Readonly<Record<NodeType, Pipeline>>>> = {
  INSTALL: { AGENT: work(INSTALL_STEPS), PROXY: work(INSTALL_STEPS), PAGENT: work(BEHIND_PROXY_STEPS) },
  REINSTALL: { AGENT: work(INSTALL_STEPS), PROXY: work(INSTALL_STEPS), PAGENT: work(BEHIND_PROXY_STEPS) },
  UPGRADE: { AGENT: work(INSTALL_STEPS), PROXY: work(INSTALL_STEPS), PAGENT: work(BEHIND_PROXY_STEPS) },
  UNINSTALL: { AGENT: work(UNINSTALL_STEPS), PROXY: work(UNINSTALL_STEPS), PAGENT: work(UNINSTALL_STEPS) },
  REMOVE: { AGENT: removal(UNINSTALL_STEPS), PROXY: removal(UNINSTALL_STEPS), PAGENT: removal(UNINSTALL_STEPS) },
  PRECHECK: { AGENT: work(PRECHECK_STEPS), PROXY: work(PRECHECK_STEPS), PAGENT: work(PRECHECK_STEPS) },
};

const THROUGH_AGENT: Readonly<Record<'UNINSTALL' | 'REMOVE', Pipeline>> = {
  UNINSTALL: work(THROUGH_AGENT_STEPS),
  REMOVE: removal(THROUGH_AGENT_STEPS),
};

/** Nothing of ours was ever on a host that was only looked at. */
const CANDIDATE_REMOVAL = removal(['INIT']);

/** What decides which pipeline a run takes. */
interface PipelineKey {
  opType: OpType;
  nodeType: NodeType;
  /** Only of UNINSTALL and REMOVE. */
  isThroughAgent?: boolean;
  isCandidate?: boolean;
}

/** @throws Error for an op that has no work */
export function pipelineOf({ opType, nodeType, isThroughAgent, isCandidate }: PipelineKey): Pipeline {
  if (opType === 'UPDATE_AUTHINFO') throw new Error('UPDATE_AUTHINFO is never queued');
  if (isCandidate && opType === 'REMOVE') return CANDIDATE_REMOVAL;
  if (isThroughAgent && (opType === 'UNINSTALL' || opType === 'REMOVE')) return THROUGH_AGENT[opType];
  return PIPELINES[opType][nodeType];
}

/** Whether the op puts an agent on the host, as opposed to taking it off. */
export function isInstallation(opType: OpType): boolean {
  return opType === 'INSTALL' || opType === 'REINSTALL' || opType === 'UPGRADE';
}
