import type { ErrCode } from '../../common/vocabulary/err-codes.js';
import { SshError, type SshErrorKind } from '../../ssh/ssh.errors.js';
import { type FailureClues, LoginFailure, RunFailure } from '../run.failures.js';

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
  silent: 'SOCKET_TIMEOUT',
  'exec-timeout': 'SSH_LOGIN_TIMEOUT',
  'forward-refused': 'SSH_LOGIN_EXCEPT',
  'forward-failed': 'SOCKET_TIMEOUT',
  other: 'SSH_LOGIN_EXCEPT',
};

const SESSION_CODES: Readonly<Partial<Record<SshErrorKind, ErrCode>>> = {
  lost: 'UNEXPECTED_RETURN',
  'exec-timeout': 'SOCKET_TIMEOUT',
};

/** @returns `error` itself when it is no failure of SSH */
export function loginFailureOf(error: unknown): unknown {
  if (!(error instanceof SshError)) return error;
  return new LoginFailure(LOGIN_CODES[error.kind], error.happened, { sshKind: error.kind });
}

/**
 * The same once we are in, where a session may also break, or fall silent, while the script runs.
 * @param clues what the host said before
 */
export function sessionFailureOf(error: unknown, clues: FailureClues = {}): unknown {
  if (!(error instanceof SshError)) return error;
  const code = SESSION_CODES[error.kind] ?? LOGIN_CODES[error.kind];
  return new RunFailure(code, error.happened, { ...clues, sshKind: error.kind });
}
