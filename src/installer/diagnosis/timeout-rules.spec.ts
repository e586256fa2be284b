import { provedBy } from '../../../test/support/failure-words.js';
import { TIMEOUT_RULES } from './timeout-rules.js';

provedBy(TIMEOUT_RULES, [
  [
    'login-step-timeout',
    {
      ...{ step: 'SSH_LOGIN', errCode: 'SSH_LOGIN_TIMEOUT' },
      happened:
        'The SSH handshake or login did not finish in time: step SSH_LOGIN (Logging in to the host) did not end within 90 s',
    },
  ],
  [
    'step-timeout',
    {
      ...{ step: 'EXECUTE_SCRIPT', errCode: 'UNEXPECTED_RETURN' },
      happened:
        'The script ended without saying how: step EXECUTE_SCRIPT (Running the script) did not end within 600 s',
    },
  ],
  [
    'run-timeout',
    {
      ...{ step: 'DOWNLOAD_FILE', errCode: 'CELERY_TASK_TIMEOUT' },
      happened: 'The run as a whole passed the timeout setting while at step DOWNLOAD_FILE (Downloading the package)',
    },
  ],
]);
