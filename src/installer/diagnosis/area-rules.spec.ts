import { provedBy, ssh } from '../../../test/support/failure-words.js';
import type { Text } from '../../common/i18n/text.js';
import type { Step } from '../../common/vocabulary/steps.js';
import type { ProxyView } from '../../proxies/proxies.service.js';
import { forwardFailed, forwardRefused, hostKeyChanged, keyRefused, refused } from '../../ssh/ssh-error-texts.js';
import { noProxyLeft } from '../remote/proxy-texts.js';
import { AREA_RULES } from './area-rules.js';
import type { DiagnosisInput } from './diagnosis.js';

const HOST = '198.18.0.7:22';
const PROXY = '10.0.0.2:22';

/** No proxy is left at this step, since the only one fails so. */
function left(step: Step, ...why: Text[]): DiagnosisInput {
  const proxy = { innerIp: '10.0.0.2' } as ProxyView;
  const { errCode, text } = noProxyLeft(
    step,
    3,
    why.map((words) => ({ step, proxy, why: words })),
  );
  return { step, errCode, happened: text.en };
}

provedBy(AREA_RULES, [
  ['no-proxy', left('SSH_LOGIN')],
  [
    'forwarding-forbidden',
    left('SSH_LOGIN', forwardRefused(PROXY, HOST, '(SSH) Channel open failure: open failed').happened),
  ],
  ['forwarding-forbidden', ssh(forwardRefused(PROXY, HOST, 'open failed'), 'SSH_LOGIN_EXCEPT')],
  ['not-reached-by-proxy', ssh(forwardFailed(PROXY, HOST, 'Connection refused'), 'SOCKET_TIMEOUT')],
  ['server-key-refused-by-proxy', left('SSH_LOGIN', keyRefused(PROXY, 'root', 'ssh-ed25519 SHA256:x').happened)],
  ['proxy-host-key-changed', left('EXECUTE_JOB', hostKeyChanged(PROXY, null, 'ssh-ed25519').happened)],
  ['proxies-down', left('EXECUTE_JOB', refused(PROXY).happened)],
]);
