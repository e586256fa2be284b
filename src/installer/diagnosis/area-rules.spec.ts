import { provedBy, ssh } from '../../../test/support/failure-words.js';
import { Text } from '../../common/i18n/text.js';
import { hostKeyChanged, keyRefused } from '../../ssh/ssh-error-texts.js';
import { SshError } from '../../ssh/ssh.errors.js';
import { AREA_RULES } from './area-rules.js';

const HOST = '198.18.0.7:22';

provedBy(AREA_RULES, [
  ['no-proxy', { step: 'SSH_LOGIN', errCode: 'START_JOB_FAILED', happened: 'Cloud 3 has no installed proxy' }],
  [
    'forwarding-forbidden',
    {
      ...{ step: 'SSH_LOGIN', errCode: 'START_JOB_FAILED' },
      happened: `None of the proxies of cloud 3 can be used (PROXY 10.0.0.2: 10.0.0.2:22 refuses to forward to ${HOST} ((SSH) Channel open failure: open failed))`,
    },
  ],
  ['forward-refused', ssh(new SshError('forward-refused', Text.verbatim('no')), 'SSH_LOGIN_EXCEPT')],
  ['not-reached-by-proxy', ssh(new SshError('forward-failed', Text.verbatim('no')), 'SOCKET_TIMEOUT')],
  [
    'server-key-refused-by-proxy',
    {
      ...{ step: 'SSH_LOGIN', errCode: 'START_JOB_FAILED' },
      happened: `None of the proxies of cloud 3 can be used (PROXY 10.0.0.2: ${keyRefused('10.0.0.2:22', 'root', 'ssh-ed25519 SHA256:x').happened.en})`,
    },
  ],
  [
    'proxy-host-key-changed',
    {
      ...{ step: 'EXECUTE_JOB', errCode: 'IJOBS_FAILED' },
      happened: `None of the proxies of cloud 3 can be used (PROXY 10.0.0.2: ${hostKeyChanged('10.0.0.2:22', null, 'ssh-ed25519').happened.en})`,
    },
  ],
  [
    'proxies-down',
    {
      ...{ step: 'EXECUTE_JOB', errCode: 'IJOBS_FAILED' },
      happened: 'None of the proxies of cloud 3 can be used (PROXY 10.0.0.2: 10.0.0.2:22 refused the connection)',
    },
  ],
]);
