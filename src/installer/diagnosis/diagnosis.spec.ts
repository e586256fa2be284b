import { call, ended, fetched, ssh, started, sudo, wordsOf } from '../../../test/support/failure-words.js';
import { lost, methodNotOffered, refused, wrongPassword } from '../../ssh/ssh-error-texts.js';
import { type DiagnosisInput, diagnose } from './diagnosis.js';
import { RULES } from './rules.js';

const HOST = '198.18.0.7:22';
const noSpace = (free: string) => call('install', `no space left on device at /opt/nodeman/agent (${free} KB free)`);

/** Words that look like a cause, and are none. */
const NEAR_MISSES: readonly [notThis: string, id: string, input: DiagnosisInput][] = [
  [
    'dns-failure',
    'not-in-sudoers',
    sudo('sudo: unable to resolve host web1: Name or service not known\nops is not in the sudoers file.'),
  ],
  [
    'dns-failure',
    'install_failed',
    call('install', 'who knows', 'sudo: unable to resolve host web1: Name or service not known'),
  ],
  ['disk-full', 'install_failed', call('install', 'who knows', 'checking the space left on the device: 812 MB')],
  ['inodes-used-up', 'disk-full', noSpace('12')],
  ['file-server-404', 'install_failed', call('install', 'who knows', 'line 404: Not Found')],
  ['file-server-404', 'wrong-checksum', fetched('404 bytes read', 'wrong checksum: SHA-256 is 404, not 403')],
  ['package-sources-gone', 'file-server-404', fetched('', 'the server answered HTTP 404')],
  [
    'certificate-expired',
    'password-expired',
    sudo('sudo: Account or password is expired, reset your password and try again'),
  ],
  ['permission-denied', 'install_failed', call('install', 'no permission to write in /opt', '', { uid: '0' })],
  ['killed', 'unexpected_return', ended('exit code 13', '137 files read', 'EXECUTE_SCRIPT', 13)],
  ['login-shell-breaks', 'unexpected_return', ended('exit code 1', 'Welcome to web7!', 'EXECUTE_SCRIPT')],
  ['login-shell-breaks', 'out-of-memory', ended('exit code 254', 'bash: fork: Cannot allocate memory', 'SSH_LOGIN')],
  ['only-keys-taken', 'only-passwords-taken', ssh(methodNotOffered(HOST, ['password'], 'private key'))],
  ['root-password-refused', 'password-refused', ssh(wrongPassword(HOST, 'rooter'))],
  [
    'musl-without-glibc',
    'library-missing',
    started('Error loading shared library libcurl.so.4: No such file or directory (needed by x)'),
  ],
  [
    'behind-http-proxy',
    'wrong-checksum',
    call(
      'download',
      'no server gave it: wrong checksum',
      'a proxy is set in the environment; it is not used for our servers',
    ),
  ],
  ['systemd-degraded', 'install_failed', call('install', 'who knows', 'mdadm: array md0 is degraded')],
  ['systemd-masked', 'install_failed', call('install', 'who knows', 'the subnet was unmasked')],
  ['captive-portal', 'install_failed', call('install', 'who knows', '<html>')],
  ['port-taken', 'install_failed', call('install', 'who knows', 'the address is in a book that is in use')],
  ['ssh-cut-at-greeting', 'session-lost', ssh(lost(HOST, 'read ECONNRESET'), 'UNEXPECTED_RETURN')],
  ['max-sessions', 'ssh-refused', ssh(refused(HOST), 'SOCKET_TIMEOUT')],
];

describe('diagnose', () => {
  it.each(NEAR_MISSES.map(([not, id, input]) => [not, id, wordsOf(input), input] as const))(
    'does not take for %s, but for %s: %s',
    (_not, id, _words, input) => {
      expect(diagnose(input).id).toBe(id);
    },
  );

  it('falls back on what usually makes the err_code', () => {
    const found = diagnose({ step: 'REGISTER_CMDB', errCode: 'REGISTER_FAILED', happened: 'The CMDB refused' });
    expect(found).toMatchObject({ id: 'register_failed', remedy: { en: 'Look at the CMDB, then retry' } });
  });

  it('is a pure function: asking twice gives the same', () => {
    for (const [, , input] of NEAR_MISSES) expect(diagnose(input)).toEqual(diagnose(input));
  });
});

describe('the rules', () => {
  it('are many, and each has a name of its own that no err_code has', () => {
    const ids = RULES.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  it.each(RULES.map((rule) => [rule.id, rule] as const))('%s says cause and remedy in both languages', (_id, rule) => {
    for (const { zh, en } of [rule.cause, rule.remedy]) {
      expect(zh).toMatch(/\p{Script=Han}/u);
      expect(en).toMatch(/^[\x20-\x7e]+$/);
      expect([zh.length <= 200, en.length <= 300]).toEqual([true, true]);
      expect(`${zh}${en}`).not.toMatch(/[.。]$/);
    }
    expect(Object.keys(rule.when)).not.toEqual([]);
    // A pattern with state would answer differently each second time.
    for (const pattern of Object.values(rule.when))
      if (pattern instanceof RegExp) expect(pattern.flags).not.toMatch(/[gy]/);
  });
});
