import { provedBy, ssh } from '../../../test/support/failure-words.js';
import { Text } from '../../common/i18n/text.js';
import {
  connectTimeout,
  execTimeout,
  fellSilent,
  loginTimeout,
  lost,
  otherFailure,
  refused,
  unreachable,
} from '../../ssh/ssh-error-texts.js';
import { CONNECTION_RULES, PROTOCOL_RULES } from './connection-rules.js';

const HOST = '198.18.0.7:22';

provedBy(
  [...CONNECTION_RULES, ...PROTOCOL_RULES],
  [
    ['ssh-refused', ssh(refused(HOST), 'SOCKET_TIMEOUT')],
    ['ssh-no-answer', ssh(connectTimeout(HOST, 5_000), 'SOCKET_TIMEOUT')],
    ['no-route', ssh(unreachable(HOST, 'EHOSTUNREACH'), 'SOCKET_TIMEOUT')],
    [
      'sshd-silent',
      ssh(loginTimeout(HOST, 9_000, Text.verbatim('waiting for the SSH handshake')), 'SSH_LOGIN_TIMEOUT'),
    ],
    ['login-slow', ssh(loginTimeout(HOST, 9_000, Text.verbatim('waiting for the answer to our authentication')))],
    ['session-silent', ssh(fellSilent(HOST), 'SOCKET_TIMEOUT')],
    ['session-lost', ssh(lost(HOST, 'the connection broke'), 'UNEXPECTED_RETURN')],
    [
      'host-restarted',
      ssh(
        lost(HOST, 'the host closed the connection'),
        'UNEXPECTED_RETURN',
        'The system is going down for reboot NOW!',
      ),
    ],
    ['host-overloaded', ssh(execTimeout(HOST, 20_000), 'SOCKET_TIMEOUT')],
    ['max-startups', ssh(otherFailure(HOST, 'Connection lost before handshake; it said: Exceeded MaxStartups'))],
    ['max-startups', ssh(otherFailure(HOST, 'Connection lost before handshake; it said: Not allowed at this time'))],
    ['ssh-cut-at-greeting', ssh(otherFailure(HOST, 'Connection lost before handshake'))],
    ['ssh-cut-at-greeting', ssh(otherFailure(HOST, 'read ECONNRESET'))],
    [
      'max-sessions',
      ssh(otherFailure(HOST, 'the server refused to run a command: (SSH) Channel open failure: open failed')),
    ],
    ['endless-greeting', ssh(otherFailure(HOST, 'Max greeting lines exceeded'))],
    ['endless-greeting', ssh(otherFailure(HOST, 'Max greeting line length exceeded'))],
    ['not-ssh', ssh(otherFailure(HOST, 'Connection lost before handshake; it said: HTTP/1.1 400 Bad Request'))],
    ['not-ssh', ssh(otherFailure(HOST, 'Connection lost before handshake; it said: 220 (vsFTPd 3.0.3) FTP'))],
    ['no-common-key-exchange', ssh(otherFailure(HOST, 'Handshake failed: no matching key exchange algorithm'))],
    ['no-common-key-exchange', ssh(otherFailure(HOST, 'Handshake failed: no matching host key format'))],
    ['no-common-cipher', ssh(otherFailure(HOST, 'Handshake failed: no matching C->S cipher'))],
    ['no-common-cipher', ssh(otherFailure(HOST, 'Handshake failed: no matching S->C MAC'))],
  ],
);
