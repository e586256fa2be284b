import { type Rule, rule } from './rule.js';

const SERVICE_LOG = 'journalctl -u nodeman-agent -n 50';

/** Why an agent, or a proxy's nginx, does not start or stay. */
export const SERVICE_RULES: readonly Rule[] = [
  rule(
    'port-taken',
    { words: /Address (already )?in use|EADDRINUSE|could not bind\(\)|port \d+ is (taken|in use)/ },
    ['端口已被另一个程序占用', 'Another program has the port'],
    [
      '用 ss -ltnp 找出占用的程序，停掉它或更换端口（PROXY_PORT）后重试',
      'Find it with ss -ltnp, stop it or choose another port (PROXY_PORT), then retry',
    ],
  ),
  rule(
    'address-not-on-host',
    {
      words:
        /\(99: (Cannot assign requested address|Address not available)\)|EADDRNOTAVAIL|Cannot assign requested address|is no address of this host/,
    },
    ['inner_ip 不在主机的任何网卡上', 'inner_ip is on no interface of the host'],
    ['用 ip addr 查看，更正主机的 inner_ip 后重试', "Look with ip addr, correct the host's inner_ip, then retry"],
  ),
  rule(
    'nginx-refuses',
    { words: /nginx: \[(emerg|alert|crit)\]|nginx: configuration file .* test failed|\[emerg\]/ },
    ['PROXY 上的 nginx 无法以我们的配置启动', 'nginx on the proxy does not start with our configuration'],
    [
      '查看日志中 nginx 的原文；升级 nginx（至少 1.14，含 http_proxy 模块）后重试',
      'Read the words of nginx in the log; upgrade nginx (1.14 at least, with its http proxy module), then retry',
    ],
  ),
  rule(
    'nginx-workers-barred',
    { words: /nginx's workers .*cannot pass|to run nginx's workers as/ },
    [
      'nginx 的工作进程没有合适的账号，或无权进入安装目录',
      "nginx's workers have no account to run as, or may not enter the agent's folder",
    ],
    [
      '按日志中的说明放开该目录（chmod o+x），或建立账号 nobody 后重试',
      'Open the folder that the log names (chmod o+x), or make an account nobody, then retry',
    ],
  ),
  rule(
    'authorized-keys-unusable',
    { words: /root does not write through it|where sshd looks for keys, is missing|sshd finds no keys of it/ },
    ['该账号的 authorized_keys 无法写入', "The account's authorized_keys cannot be written"],
    [
      '按日志中的说明修正家目录或 authorized_keys（应为普通文件），或改用其他账号后重试',
      'Mend the home folder or authorized_keys as the log says (it must be a plain file), or use another account, then retry',
    ],
  ),
  rule(
    'systemd-masked',
    { words: /is masked/ },
    ['该服务被 systemctl mask 屏蔽', 'The unit was masked with systemctl mask'],
    ['执行 systemctl unmask nodeman-agent 后重试', 'Run systemctl unmask nodeman-agent, then retry'],
  ),
  rule(
    'systemd-out-of-reach',
    {
      words:
        /Failed to connect to (system scope )?bus|not been booted with systemd|Failed to get D-Bus connection|Failed to activate service 'org\.freedesktop\.systemd1'|Transport endpoint is not connected/,
    },
    [
      'systemd 没有应答（D-Bus 故障，或容器中没有运行 systemd）',
      'systemd does not answer: D-Bus is broken, or a container without systemd',
    ],
    ['执行 systemctl daemon-reexec 或重启主机后重试', 'Run systemctl daemon-reexec, or restart the host, then retry'],
  ),
  rule(
    'systemd-start-limit',
    { words: /Start request repeated too quickly|start-limit-hit/ },
    ['服务反复启动失败，systemd 已停止尝试', 'The unit failed again and again, until systemd gave up'],
    [
      `用 ${SERVICE_LOG} 查看原因，systemctl reset-failed nodeman-agent 后重试`,
      `See why with ${SERVICE_LOG}, run systemctl reset-failed nodeman-agent, then retry`,
    ],
  ),
  rule(
    'systemd-start-timeout',
    { words: /because a timeout was exceeded|start operation timed out|result 'timeout'/ },
    ['服务没有在 systemd 的时限内启动完成', 'The unit did not start in the time that systemd gives'],
    [`检查主机负载，用 ${SERVICE_LOG} 查看后重试`, `Look at the load of the host and at ${SERVICE_LOG}, then retry`],
  ),
  rule(
    'systemd-exec-failed',
    { words: /status=203\/EXEC|Failed at step EXEC/ },
    [
      'systemd 无法执行 Agent 的程序（noexec、SELinux 或架构不符）',
      "systemd cannot execute the agent's program: noexec, SELinux, or another architecture",
    ],
    [
      '检查 /opt 的挂载选项和 ausearch -m avc -ts recent 后重试',
      'Look at the mount options of /opt and at ausearch -m avc -ts recent, then retry',
    ],
  ),
  rule(
    'systemd-unit-failed',
    {
      words:
        /Job for \S+ failed|Failed with result '|control process exited|Failed to start .*\.service|code=exited, status=[1-9]/,
    },
    ['Agent 的服务启动后退出', "The agent's unit ended after its start"],
    [
      `在主机上用 ${SERVICE_LOG} 和 /opt/nodeman/agent/log 查看原因，处理后重试`,
      `See why with ${SERVICE_LOG} and in /opt/nodeman/agent/log on the host, mend that, then retry`,
    ],
  ),
  rule(
    'systemd-degraded',
    { words: /State: degraded|^degraded$|[Ss]ystem(d| is| state).*\bdegraded\b/m },
    ['systemd 处于 degraded 状态：有别的服务启动失败', 'systemd is degraded: other units failed'],
    ['用 systemctl --failed 查看并修复后重试', 'Look with systemctl --failed, mend those, then retry'],
  ),
  rule(
    'cron-refused',
    {
      words:
        /not allowed to use this program \(crontab\)|crontab refused|crontabs?\/\S+: (Permission denied|Operation not permitted)/,
    },
    [
      '主机不允许 root 使用 crontab（cron.allow、cron.deny）',
      'The host lets root have no crontab (cron.allow, cron.deny)',
    ],
    ['在 /etc/cron.allow 中加入 root 后重试', 'Add root to /etc/cron.allow, then retry'],
  ),
  rule(
    'package-damaged',
    {
      words:
        /the package has no manifest|manifest has no '|manifest's '|not in gzip format|does not look like a tar archive|[Uu]nexpected (EOF|end of file)|package cannot be unpacked|invalid tar magic/,
    },
    ['安装包损坏，或不是 Agent 的安装包', 'The package is damaged, or is no package of an agent'],
    ['重新上传安装包（POST /api/packages/）后重试', 'Upload the package again (POST /api/packages/), then retry'],
  ),
  rule(
    'processes-stuck',
    { words: /cannot be killed|outlived SIGKILL|still here: processes/ },
    [
      '旧进程无法结束：卡在磁盘或网络文件系统的读写中（D 状态）',
      'Old processes do not end: they hang in reads or writes of a disk or network file system (state D)',
    ],
    [
      '用 ps -eo pid,stat,wchan,cmd 查看；恢复该存储或重启主机后重试',
      'Look with ps -eo pid,stat,wchan,cmd; mend that storage or restart the host, then retry',
    ],
  ),
  rule(
    'files-left',
    { words: /still here: |cannot remove everything/ },
    ['有文件无法删除（被占用、不可修改或是挂载点）', 'Files could not be removed: in use, immutable, or mount points'],
    ['移走日志中列出的文件后重试', 'Remove what the log lists, then retry'],
  ),
  rule(
    'no-agent-there',
    { words: /no agent is installed here|nothing is installed here/ },
    ['主机上没有 Agent：有人在此期间删除了它', 'There is no agent on the host: somebody removed it meanwhile'],
    ['重新安装（REINSTALL）', 'Install it again (REINSTALL)'],
  ),
  rule(
    'agent-does-not-start',
    { words: /the agent did not come up|the agent does not run/ },
    ['Agent 启动后没有保持运行', 'The agent did not stay up after its start'],
    [
      '在主机上查看 /opt/nodeman/agent/log，处理日志中的原因后重试',
      'Read /opt/nodeman/agent/log on the host, mend what it names, then retry',
    ],
  ),
];

/** Why an installed agent is not heard, or still is. */
export const REPORT_RULES: readonly Rule[] = [
  rule(
    'new-version-silent',
    { errCodes: ['INSTALL_FAILED'], words: /The new agent .*did not report within \d+ s/ },
    [
      '新版本的 Agent 启动后退出，或无法上报',
      'The new version of the agent ended after its start, or cannot reach the server',
    ],
    [
      '在一台主机上查看新版本的 /opt/nodeman/agent/log；改用别的版本（version），或修复安装包后重试',
      'Read /opt/nodeman/agent/log of the new version on one host; take another version (version) or mend the package, then retry',
    ],
  ),
  rule(
    'agent-takes-no-commands',
    { errCodes: ['WAIT_AGENT_TIMEOUT'], words: /takes no commands|does not take the command/ },
    ['Agent 的版本过旧，或安装时没有得到命令密钥', 'The agent is too old, or was installed without a key for commands'],
    [
      '用 UPDATE_AUTHINFO 提供密码或密钥后再卸载，或先 UPGRADE',
      'Give a password or key with UPDATE_AUTHINFO and uninstall it that way, or UPGRADE it first',
    ],
  ),
  rule(
    'agent-unheard-for-command',
    { errCodes: ['WAIT_AGENT_TIMEOUT'], words: /the command could not go out/ },
    ['Agent 没有运行，或无法访问上报地址', 'The agent does not run, or cannot reach the server'],
    [
      '用 UPDATE_AUTHINFO 提供密码或密钥后重试，由服务端登录主机卸载',
      'Give a password or key with UPDATE_AUTHINFO, then retry: the server then logs in to take it off',
    ],
  ),
  rule(
    'agent-silent-after-command',
    { words: /the agent fell silent without saying how it ended/ },
    [
      'Agent 在卸载时被中断，或已无法回报结果',
      'The agent was cut off while it took itself off, or could not tell of it any more',
    ],
    [
      '在主机上查看 /opt/nodeman 是否还在；还在则用 UPDATE_AUTHINFO 提供密码或密钥后重试',
      'See whether /opt/nodeman is still there; if so, give a password or key with UPDATE_AUTHINFO, then retry',
    ],
  ),
  rule(
    'agent-token-unusable',
    { errCodes: ['WAIT_AGENT_TIMEOUT', 'INSTALL_FAILED'], words: /no token in \S+|the token in \S+ is malformed/ },
    ['Agent 的配置文件损坏', "The agent's configuration is damaged"],
    ['重新安装（REINSTALL）', 'Install it again (REINSTALL)'],
  ),
  rule(
    'reports-not-taken',
    { errCodes: ['WAIT_AGENT_TIMEOUT', 'INSTALL_FAILED'], words: /no server takes the reports/ },
    ['Agent 在运行，但各上报地址都没有接受它的上报', 'The agent runs, and none of the servers takes its reports'],
    [
      '检查主机到 nginx 配置中各地址的网络，以及 nginx 是否转发 /api/agent/',
      'Check its way to the addresses of the nginx setting, and that nginx passes /api/agent/ on',
    ],
  ),
  rule(
    'still-reports',
    { words: /an agent still reports for this host/ },
    ['主机上还有另一份 Agent 在运行，或主机被克隆', 'Another copy of the agent runs there, or the host was cloned'],
    [
      '在主机（及其克隆）上结束 nodeman-agent 的进程后重试',
      'End the processes of nodeman-agent on the host and its clones, then retry',
    ],
  ),
  rule(
    'agent-not-heard',
    { errCodes: ['WAIT_AGENT_TIMEOUT'] },
    ['Agent 无法访问上报地址，或启动后退出', 'The agent cannot reach the server, or ended after its start'],
    [
      '在主机上查看 /opt/nodeman/agent/log，并检查它到 nginx 配置中各地址的网络，然后重试',
      'Read /opt/nodeman/agent/log on the host and check its way to the addresses of the nginx setting, then retry',
    ],
  ),
];
