import { call, provedBy, sudo } from '../../../test/support/failure-words.js';
import { ACCOUNT_RULES } from './account-rules.js';

provedBy(ACCOUNT_RULES, [
  [
    'credential-wiped',
    {
      ...{ step: 'SSH_LOGIN', errCode: 'SSH_LOGIN_EXCEPT' },
      happened: 'No password or key is stored for this host (they are wiped after 24 h)',
    },
  ],
  [
    'secret-key-changed',
    {
      ...{ step: 'SSH_LOGIN', errCode: 'SSH_LOGIN_EXCEPT' },
      happened: 'The stored credential cannot be opened: it was sealed under another SECRET_KEY',
    },
  ],
  ['sudo-wants-tty', sudo('sudo: sorry, you must have a tty to run sudo')],
  ['not-in-sudoers', sudo('ops is not in the sudoers file.  This incident will be reported.')],
  ['not-in-sudoers', sudo('Sorry, user ops may not run sudo on web1.')],
  ['not-in-sudoers', sudo("Sorry, user ops is not allowed to execute '/usr/bin/sh -c x' as root on web1.")],
  [
    'sudo-missing',
    { step: 'SSH_LOGIN', errCode: 'COMMAND_NOT_FOUND', happened: 'Account ops is not root, and the host has no sudo' },
  ],
  ['sudo-broken', sudo('sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set')],
  ['sudo-broken', sudo('sudo: /etc/sudoers is world writable\nsudo: no valid sudoers sources found, quitting')],
  ['sudo-broken', sudo('sudo: The "no new privileges" flag is set, which prevents sudo from running as root.')],
  [
    'sudo-password-refused',
    { ...sudo('Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt') },
  ],
  ['sudo-wants-password', sudo('sudo: a password is required')],
  ['sudo-wants-password', sudo('sudo: a terminal is required to read the password; either use the -S option')],
  ['needs-root', call('deps', 'this host lacks tar, and only root may install packages')],
  ['needs-root', call('install', 'only root can make this host a PROXY, and this is ops')],
  ['permission-denied', call('install', 'no permission to write in /opt/nodeman', '', { uid: '1000' })],
]);
