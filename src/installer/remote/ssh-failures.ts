import type { ErrCode } from '../../common/vocabulary/err-codes.js';
import { SshError, type SshErrorKind } from '../../ssh/ssh.errors.js';
import { LoginFailure, RunFailure } from '../run.failures.js';

/** What a failure to log in is called by the contract, §4. */
const LOGIN_CODES: Readonly<Record<SshErrorKind, ErrCode>> = {
  unreachable: 'SOCKET_TIMEOUT',
  refused: 'SOCKET_TIMEOUT',
  'connect-timeout': 'SOCKET_TIMEOUT',
  'login-timeout': 'SSH_LOGIN_TIMEOUT',
  'wrong-password': 'SSH_WRONG_PASSWORD',
  'key-unreadable': 'SSH_LOGIN_KEY_ERR',
  'key-needs-passphrase': 'SSH_LOGIN_KEY_ERR',
  'key-refused': 'SSH_LOGIN_KEY_ERR',
  'host-key-changed': 'SSH_LOGIN_KEY_ERR',
  'method-not-offered': 'NOT_SUPPORT_AUTH_WAY',
  lost: 'SSH_LOGIN_EXCEPT',
  'exec-timeout': 'SSH_LOGIN_TIMEOUT',
  other: 'SSH_LOGIN_EXCEPT',
};

/** @returns `error` itself when it is no failure of SSH */
export function loginFailureOf(error: unknown): unknown {
  return error instanceof SshError ? new LoginFailure(LOGIN_CODES[error.kind], error.text) : error;
}

/** The same once we are in: a session that broke, or fell silent, while the script ran. */
export function sessionFailureOf(error: unknown): unknown {
  if (!(error instanceof SshError)) return error;
  if (error.kind === 'lost')
    return new RunFailure(isSilence(error) ? 'SOCKET_TIMEOUT' : 'UNEXPECTED_RETURN', error.text);
  return new RunFailure(error.kind === 'exec-timeout' ? 'SOCKET_TIMEOUT' : 'SSH_LOGIN_EXCEPT', error.text);
}

function isSilence(error: SshError): boolean {
  return /keepalive timeout/i.test(error.message);
}
