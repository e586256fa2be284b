import { type Rule, rule } from './rule.js';

/** What it means when time was over. */
export const TIMEOUT_RULES: readonly Rule[] = [
  rule(
    'login-step-timeout',
    { steps: ['SSH_LOGIN'], words: /: step SSH_LOGIN .*did not end within/ },
    [
      '主机能够连接，但登录、提权或启动脚本过慢',
      'The host can be reached, but to log in, to become root or to start the script takes too long',
    ],
    [
      '检查主机负载、sshd 的 UseDNS、PAM 和 sudo 的目录服务后重试',
      "Look at the host's load, sshd's UseDNS, PAM, and the directory that sudo asks, then retry",
    ],
  ),
  rule(
    'step-timeout',
    { words: /: step [A-Z_]+ .*did not end within/ },
    ['主机或网络过慢，或该步骤中的命令挂起', 'The host or network is too slow, or a command of this step hangs'],
    [
      '查看该步骤日志的最后几行，检查主机负载和磁盘后重试',
      "Read the last lines of this step in the log, look at the host's load and disks, then retry",
    ],
  ),
  rule(
    'run-timeout',
    { errCodes: ['CELERY_TASK_TIMEOUT'] },
    ['主机或网络过慢，或 timeout 配置过小', 'A slow host or network, or a timeout setting that is too small'],
    [
      '查看该步骤的日志，必要时用 POST /api/config/kv/ 调大 timeout',
      'See the log of that step; raise timeout with POST /api/config/kv/ if need be',
    ],
  ),
];
