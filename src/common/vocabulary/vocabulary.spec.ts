import { ERR_CODES, errCodeText } from './err-codes.js';
import { STEPS, stepText } from './steps.js';

const CONTRACT_CODES = [
  ...['INIT', 'STILL_RUNNING', 'SUCCESS', 'SOCKET_TIMEOUT', 'SSH_LOGIN_TIMEOUT', 'SSH_WRONG_PASSWORD'],
  ...['SSH_LOGIN_KEY_ERR', 'NOT_SUPPORT_AUTH_WAY', 'SSH_LOGIN_EXCEPT', 'COMMAND_NOT_FOUND', 'CURL_FILE_FAILED'],
  ...['INSTALL_FAILED', 'UNEXPECTED_RETURN', 'REGISTER_FAILED', 'WAIT_AGENT_TIMEOUT', 'START_JOB_FAILED'],
  ...['IJOBS_FAILED', 'JOB_TIMEOUT', 'CELERY_TASK_TIMEOUT', 'CELERY_TASK_EXCEPT', 'FORCE_STOP'],
];
const CONTRACT_STEPS = [
  ...['INIT', 'SSH_LOGIN', 'INSTALL_DEP', 'DOWNLOAD_FILE', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'REGISTER_CMDB'],
  ...['WAIT_AGENT', 'CREATE_JOB_SCRIPT', 'EXECUTE_JOB', 'OVER_SUCCESS', 'OVER_FAILED'],
];

describe('the words of a run', () => {
  it('has exactly the err_codes of the contract', () => {
    expect(Object.keys(ERR_CODES).sort()).toEqual([...CONTRACT_CODES].sort());
  });

  it('has exactly the steps of the contract', () => {
    expect(Object.keys(STEPS)).toEqual(CONTRACT_STEPS);
  });

  it('says meaning, cause and remedy of every code in both languages', () => {
    for (const { meaning, cause, remedy } of Object.values(ERR_CODES)) {
      for (const text of [meaning, cause, remedy]) {
        expect(text.zh).toMatch(/\p{Script=Han}/u);
        expect(text.en).toMatch(/^[\x20-\x7e]+$/);
      }
    }
  });

  it('gives back names that it does not know', () => {
    expect(stepText('constructor').en).toBe('constructor');
    expect(errCodeText('__proto__').zh).toBe('__proto__');
  });
});
