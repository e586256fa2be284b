import { call, provedBy, started } from '../../../test/support/failure-words.js';
import { Text } from '../../common/i18n/text.js';
import { RunFailure } from '../run.failures.js';
import { fellSilent, neverReported, stillThere, takesNone } from '../work/command-texts.js';
import { unheard, upgradeNotUndone, upgradeUndone } from '../work/upgrade-texts.js';
import type { DiagnosisInput } from './diagnosis.js';
import { REPORT_RULES, SERVICE_RULES } from './service-rules.js';

const TOO_LATE = new RunFailure('INSTALL_FAILED', Text.verbatim('it'));
const from = ({ errCode, text }: RunFailure): DiagnosisInput => ({ step: 'WAIT_AGENT', errCode, happened: text.en });

provedBy(
  [...REPORT_RULES, ...SERVICE_RULES],
  [
    [
      'new-version-silent',
      from(upgradeUndone({ isAgentInstalled: true, agentVersion: '1.0.0' }, unheard(60_000), null)),
    ],
    ['new-version-silent', from(upgradeNotUndone(unheard(60_000), TOO_LATE))],
    ['agent-takes-no-commands', from(takesNone('1.0.0'))],
    ['agent-takes-no-commands', from(stillThere('1.0.0', 60_000))],
    ['agent-unheard-for-command', from(neverReported(60_000))],
    ['agent-silent-after-command', from(fellSilent())],
    ['no-agent-there', call('verify', 'no agent is installed here')],
    [
      'nginx-workers-barred',
      call('install', "nginx's workers (account nobody) cannot pass /opt, whose mode is drwx------: chmod o+x /opt"),
    ],
    ['authorized-keys-unusable', call('install', 'the folder /home/ops/.ssh, where sshd looks for keys, is missing')],
    [
      'port-taken',
      call('install', 'it', 'nginx: [emerg] bind() to 10.0.0.2:17980 failed (98: Address already in use)'),
    ],
    ['port-taken', call('install', 'it', 'nginx: [emerg] still could not bind()')],
    [
      'address-not-on-host',
      call('install', 'it', 'nginx: [emerg] bind() to 10.0.0.9:17980 failed (99: Cannot assign requested address)'),
    ],
    [
      'nginx-refuses',
      call(
        'install',
        'it',
        'nginx: [emerg] unknown directive "proxy_cache_lock" in /opt/nodeman/agent/plugins/nginx/nginx.conf:12\nnginx: configuration file /opt/nodeman/agent/plugins/nginx/nginx.conf test failed',
      ),
    ],
    ['systemd-masked', started('Failed to start nodeman-agent.service: Unit nodeman-agent.service is masked.')],
    ['systemd-out-of-reach', started('Failed to connect to bus: No such file or directory')],
    ['systemd-out-of-reach', started("System has not been booted with systemd as init system (PID 1). Can't operate.")],
    ['systemd-out-of-reach', started('Failed to get D-Bus connection: Operation not permitted')],
    ['systemd-start-limit', started('nodeman-agent.service: Start request repeated too quickly.')],
    ['systemd-start-timeout', started('Job for nodeman-agent.service failed because a timeout was exceeded.')],
    [
      'systemd-exec-failed',
      started(
        'nodeman-agent.service: Failed at step EXEC spawning /bin/sh: Permission denied\nnodeman-agent.service: Main process exited, code=exited, status=203/EXEC',
      ),
    ],
    [
      'systemd-unit-failed',
      started(
        "Job for nodeman-agent.service failed because the control process exited with error code.\nSee 'systemctl status nodeman-agent.service' and 'journalctl -xeu nodeman-agent.service' for details.",
      ),
    ],
    ['systemd-degraded', call('verify', 'the system is not as it is to be', 'degraded')],
    ['systemd-degraded', call('verify', 'it', '    State: degraded')],
    [
      'cron-refused',
      call(
        'install',
        'it',
        'You (root) are not allowed to use this program (crontab)\nSee crontab(1) for more information',
      ),
    ],
    ['package-damaged', call('install', 'the package has no manifest')],
    [
      'package-damaged',
      call(
        'install',
        'the package cannot be unpacked (tar exit code 2: it)',
        'gzip: stdin: not in gzip format\ntar: Child returned status 1',
      ),
    ],
    ['package-damaged', call('install', 'it', 'tar: Unexpected EOF in archive')],
    ['processes-stuck', call('verify', 'processes of the agent cannot be killed: 812 813')],
    ['files-left', call('verify', 'still here: /opt/nodeman/agent')],
    ['agent-does-not-start', started('9')],
    ['agent-does-not-start', call('verify', 'the agent does not run: not running')],
    [
      'agent-token-unusable',
      {
        ...{ step: 'WAIT_AGENT', errCode: 'WAIT_AGENT_TIMEOUT' },
        happened: 'The agent is installed and runs, but did not report within 60 s',
        evidence: { command: null, exitCode: null, output: ['no token in /opt/nodeman/agent/etc/agent.conf'] },
      },
    ],
    [
      'reports-not-taken',
      {
        ...{ step: 'WAIT_AGENT', errCode: 'WAIT_AGENT_TIMEOUT' },
        happened: 'The agent is installed and runs, but did not report within 60 s',
        evidence: {
          ...{ command: 'tail agent.log', exitCode: 0 },
          output: ['2024-01-01T10:00:00+0000 no server takes the reports (10.0.0.1:80: UNAUTHORIZED)'],
        },
      },
    ],
    [
      'agent-not-heard',
      {
        ...{ step: 'WAIT_AGENT', errCode: 'WAIT_AGENT_TIMEOUT' },
        happened: 'The agent is installed and runs, but did not report within 60 s',
      },
    ],
    [
      'still-reports',
      {
        ...{ step: 'WAIT_AGENT', errCode: 'WAIT_AGENT_TIMEOUT' },
        happened: 'The uninstallation is done, but after 60 s an agent still reports for this host',
      },
    ],
  ],
);
