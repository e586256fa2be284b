import { ended, provedBy, ssh, sudo } from '../../../test/support/failure-words.js';
import {
  hostKeyChanged,
  keyNeedsPassphrase,
  keyRefused,
  keyUnreadable,
  methodNotOffered,
  moreDemanded,
  passwordExpired,
  wrongPassword,
} from '../../ssh/ssh-error-texts.js';
import { LOGIN_RULES, SHELL_RULES } from './login-rules.js';

const HOST = '198.18.0.7:22';

provedBy(
  [...LOGIN_RULES, ...SHELL_RULES],
  [
    ['host-key-changed', ssh(hostKeyChanged(HOST, null, 'ssh-ed25519'), 'SSH_LOGIN_KEY_ERR')],
    ['mfa-demanded', ssh(moreDemanded(HOST, ['keyboard-interactive']), 'NOT_SUPPORT_AUTH_WAY')],
    ['only-keys-taken', ssh(methodNotOffered(HOST, ['publickey'], 'password'), 'NOT_SUPPORT_AUTH_WAY')],
    ['only-keys-taken', ssh(methodNotOffered(HOST, ['publickey', 'gssapi-with-mic'], 'password'))],
    ['only-passwords-taken', ssh(methodNotOffered(HOST, ['password', 'keyboard-interactive'], 'private key'))],
    ['no-common-method', ssh(methodNotOffered(HOST, ['hostbased'], 'password'), 'NOT_SUPPORT_AUTH_WAY')],
    ['key-unreadable', ssh(keyUnreadable('Unsupported key format'), 'SSH_LOGIN_KEY_ERR')],
    ['key-needs-passphrase', ssh(keyNeedsPassphrase(), 'SSH_LOGIN_KEY_ERR')],
    ['key-refused', ssh(keyRefused(HOST, 'root', 'ssh-rsa SHA256:abc'), 'SSH_LOGIN_KEY_ERR')],
    ['root-password-refused', ssh(wrongPassword(HOST, 'root'), 'SSH_WRONG_PASSWORD')],
    ['password-refused', ssh(wrongPassword(HOST, 'ops', 'Too many authentication failures'), 'SSH_WRONG_PASSWORD')],
    ['password-expired', ssh(passwordExpired(HOST, 'ops'))],
    [
      'password-expired',
      ended(
        'exit code 1',
        'WARNING: Your password has expired.\nPassword change required but no TTY available.',
        'SSH_LOGIN',
      ),
    ],
    ['password-expired', sudo('sudo: Account or password is expired, reset your password and try again')],
    ['account-expired', ended('exit code 1', 'Your account has expired; please contact your system administrator.')],
    [
      'account-expired',
      sudo(
        'sudo: Account expired or PAM config lacks an "account" section for sudo, contact your system administrator',
      ),
    ],
    ['account-locked', sudo('sudo: account validation failure, is your account locked?')],
    ['account-locked', ssh(wrongPassword(HOST, 'ops', 'The account is locked due to 3 failed logins.'))],
    ['account-locked', ssh(wrongPassword(HOST, 'ops', 'Account locked due to 7 failed logins'))],
    ['nologin-shell', ended('exit code 1', 'This account is currently not available.', 'SSH_LOGIN')],
    ['nologin-shell', sudo('This account is not available')],
    [
      'no-logins-yet',
      ended(
        'exit code 254',
        '"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. For technical details, see pam_nologin(8)."',
        'SSH_LOGIN',
      ),
    ],
    ['login-shell-breaks', ended('exit code 0', 'Welcome to web7!', 'SSH_LOGIN', 0)],
    [
      'login-shell-breaks',
      {
        step: 'SSH_LOGIN',
        errCode: 'UNEXPECTED_RETURN',
        happened: 'Logged in, but the script did not start within 30 s',
      },
    ],
  ],
);
