import { aStepContext } from '../../../test/support/steps.js';
import { Text } from '../../common/i18n/text.js';
import type { ErrCode } from '../../common/vocabulary/err-codes.js';
import type { SshErrorKind } from '../../ssh/ssh.errors.js';
import { LoginFailure, RunFailure } from '../run.failures.js';
import { LOGIN_CHECK_COUNT, sayLoginChecks } from './login-checks.js';

const WHY = new Text('因为', 'because');

function linesOf(failure: RunFailure | null, run: Parameters<typeof aStepContext>[0] = {}): string[] {
  const context = aStepContext({ opType: 'PRECHECK', ...run });
  sayLoginChecks(context.journal, context.run, failure);
  return context.lines;
}

const failedOf = (lines: string[]): string => /^\[fail\] (.*?): because/.exec(lines.at(-1)!)?.[1] ?? 'none';

describe('sayLoginChecks', () => {
  it('tells of a login that goes well, one line for each check', () => {
    const lines = linesOf(null, { account: 'ops', authType: 'KEY' });
    expect(lines).toEqual([
      '[pass] route: direct',
      '[pass] TCP port: 198.18.0.1:22 accepts connections',
      '[pass] SSH login: account ops by KEY',
      '[pass] root: account ops can become root',
    ]);
    expect(lines).toHaveLength(LOGIN_CHECK_COUNT);
  });

  it('names the outer address of a proxy, and the way to a host behind one', () => {
    const proxy = { nodeType: 'PROXY' as const, outerIp: '203.0.113.9', cloudId: 5 };
    expect(linesOf(null, proxy)[1]).toBe('[pass] TCP port: 203.0.113.9:22 accepts connections');
    expect(linesOf(null, { nodeType: 'PAGENT', cloudId: 5 })[0]).toBe('[pass] route: through a proxy of cloud 5');
  });

  it.each<[SshErrorKind, ErrCode, string, number]>([
    ['unreachable', 'SOCKET_TIMEOUT', 'route', 1],
    ['forward-refused', 'SSH_LOGIN_EXCEPT', 'route', 1],
    ['connect-timeout', 'SOCKET_TIMEOUT', 'TCP port', 2],
    ['refused', 'SOCKET_TIMEOUT', 'TCP port', 2],
    ['forward-failed', 'SOCKET_TIMEOUT', 'TCP port', 2],
    ['login-timeout', 'SSH_LOGIN_TIMEOUT', 'SSH login', 3],
    ['wrong-password', 'SSH_WRONG_PASSWORD', 'SSH login', 3],
    ['host-key-changed', 'SSH_LOGIN_KEY_ERR', 'SSH login', 3],
  ])('%s fails the check that it belongs to, after those that were passed', (sshKind, errCode, label, count) => {
    const lines = linesOf(new LoginFailure(errCode, WHY, { sshKind }));
    expect([failedOf(lines), lines.length]).toEqual([label, count]);
    expect(lines.at(-1)).toMatch(/\. Remedy: \S/);
  });

  it.each<[string, ErrCode, string]>([
    ['no proxy', 'START_JOB_FAILED', 'route'],
    ['nothing stored', 'SSH_LOGIN_EXCEPT', 'SSH login'],
    ['a password that sudo refuses', 'SSH_WRONG_PASSWORD', 'root'],
    ['no sudo', 'COMMAND_NOT_FOUND', 'root'],
    ['an account that may not', 'INSTALL_FAILED', 'root'],
  ])('%s has no word of SSH, and is known by its code', (_what, errCode, label) => {
    expect(failedOf(linesOf(new RunFailure(errCode, WHY)))).toBe(label);
  });
});
