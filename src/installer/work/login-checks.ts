import { Text } from '../../common/i18n/text.js';
import { endpoint } from '../../ssh/ssh-error-texts.js';
import type { SshErrorKind } from '../../ssh/ssh.errors.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { addressOf } from '../remote/host-routes.js';
import type { RunJournal } from '../run-journal.js';
import type { RunFailure } from '../run.failures.js';
import { sayCheck } from './check-line.js';

const LOGIN_CHECKS = ['route', 'tcp', 'login', 'sudo'] as const;

/** How many lines a login that goes well gives. */
export const LOGIN_CHECK_COUNT = LOGIN_CHECKS.length;

/** How far a failure of SSH says that it got; all others are of the login itself. */
const FAILED_AT: Readonly<Partial<Record<SshErrorKind, (typeof LOGIN_CHECKS)[number]>>> = {
  unreachable: 'route',
  'forward-refused': 'route',
  'connect-timeout': 'tcp',
  refused: 'tcp',
  'forward-failed': 'tcp',
};

/** What the login of a check tells: one line each, up to the one that failed. @param failure null: it went well */
export function sayLoginChecks(journal: RunJournal, run: ClaimedRun, failure: RunFailure | null): void {
  const failed = failure && failedAt(failure);
  for (const name of LOGIN_CHECKS) {
    if (failure && name === failed) return sayCheck(journal, { name, outcome: 'fail', evidence: failure.text });
    sayCheck(journal, { name, outcome: 'pass', evidence: seen(name, run) });
  }
}

function failedAt({ errCode, clues }: RunFailure): (typeof LOGIN_CHECKS)[number] {
  if (errCode === 'START_JOB_FAILED') return 'route';
  const kind = clues.sshKind as SshErrorKind | undefined;
  if (kind !== undefined) return FAILED_AT[kind] ?? 'login';
  // Without a word of SSH: nothing is stored to log in with, or we are in and cannot become root.
  return errCode === 'SSH_LOGIN_EXCEPT' || errCode === 'SSH_LOGIN_TIMEOUT' ? 'login' : 'sudo';
}

function seen(name: (typeof LOGIN_CHECKS)[number], run: ClaimedRun): Text {
  const where = endpoint(addressOf(run), run.port);
  switch (name) {
    case 'route':
      return run.nodeType === 'PAGENT'
        ? new Text(`经由云区域 ${run.cloudId} 的 PROXY`, `through a proxy of cloud ${run.cloudId}`)
        : new Text('直连', 'direct');
    case 'tcp':
      return new Text(`${where} 可以连接`, `${where} accepts connections`);
    case 'login':
      return new Text(`账号 ${run.account}，认证方式 ${run.authType}`, `account ${run.account} by ${run.authType}`);
    case 'sudo':
      return run.account === 'root'
        ? new Text('以 root 登录', 'logged in as root')
        : new Text(`账号 ${run.account} 可以成为 root`, `account ${run.account} can become root`);
    default:
      throw new Error(`Nobody looks at ${name satisfies never}`);
  }
}
