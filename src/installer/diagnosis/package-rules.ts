import { type Rule, rule } from './rule.js';

/** Why a package manager could not bring what lacks. */
export const PACKAGE_RULES: readonly Rule[] = [
  rule(
    'package-manager-locked',
    {
      words:
        /Could not get lock \/var|Unable to acquire the dpkg frontend lock|(dpkg )?frontend lock (was|is) locked by another process|holding the yum lock|Existing lock \/var\/run\/yum\.pid|Waiting for process with pid \d+ to finish|System management is locked by|Unable to lock database|can't create transaction lock/,
    },
    [
      '另一个程序正在使用软件包管理器（多为自动更新）',
      'Another program uses the package manager, most likely an automatic update',
    ],
    [
      '等它结束（或停止 unattended-upgrades、packagekit）后重试',
      'Retry when it has ended, or stop unattended-upgrades or packagekit first',
    ],
  ),
  rule(
    'dpkg-interrupted',
    { words: /dpkg was interrupted|dpkg --configure -a/ },
    ['之前的软件安装被中断，dpkg 处于未完成状态', 'An earlier installation was cut off and left dpkg half done'],
    ['在主机上执行 dpkg --configure -a 后重试', 'Run dpkg --configure -a on the host, then retry'],
  ),
  rule(
    'packages-broken',
    {
      words:
        /Unmet dependencies|--fix-broken install|held broken packages|Sub-process \/usr\/bin\/dpkg returned an error|nothing provides .* needed by|package .* requires .* but none of the providers/i,
    },
    ['主机上已装的软件包之间依赖冲突', 'The packages on the host contradict each other'],
    [
      '执行 apt-get --fix-broken install（或 dnf check、zypper verify）修复后重试',
      'Mend it with apt-get --fix-broken install (or dnf check, zypper verify), then retry',
    ],
  ),
  rule(
    'rpm-database-broken',
    {
      words:
        /rpmdb: BDB\d|DB_RUNRECOVERY|cannot open Packages (index|database)|rpmdb open failed|rpmdb: damaged header|database disk image is malformed/,
    },
    ['主机的 RPM 数据库已损坏', 'The RPM database of the host is damaged'],
    [
      '在主机上执行 rm -f /var/lib/rpm/__db.* && rpm --rebuilddb 后重试',
      'Run rm -f /var/lib/rpm/__db.* && rpm --rebuilddb on the host, then retry',
    ],
  ),
  rule(
    'package-sources-not-yet-valid',
    { words: /Release file for .* is not valid yet/ },
    ['主机的时间慢于软件源', "The host's clock is behind that of the package source"],
    [
      '校准主机时间（chronyc makestep、ntpdate）后重试',
      'Set the clock of the host (chronyc makestep, ntpdate), then retry',
    ],
  ),
  rule(
    'package-sources-gone',
    {
      words:
        /mirrorlist\.centos\.org|does not have a Release file|no longer has a Release file|Release file for .* is expired|No URLs in mirrorlist|(HTTP Error|Status code:|error:? ?) ?404|404  ?Not Found|APKINDEX\.tar\.gz: (No such file|HTTP 404)|repomd\.xml' not found on medium/,
      errCodes: ['COMMAND_NOT_FOUND'],
    },
    [
      '软件源已不提供该系统版本（系统已停止维护，或镜像地址失效）',
      'The package source no longer has this release: the system is out of support, or the mirror is gone',
    ],
    [
      '改用归档源（vault.centos.org、archive.debian.org、old-releases.ubuntu.com）或内部镜像，或先装好日志中列出的命令',
      'Use an archive (vault.centos.org, archive.debian.org, old-releases.ubuntu.com) or a mirror of your own, or install the commands that the log names beforehand',
    ],
  ),
  rule(
    'package-key-missing',
    {
      words:
        /NO_PUBKEY|EXPKEYSIG|GPG check FAILED|Public key for .* is not installed|UNTRUSTED signature|Signature verification failed|signatures were invalid/,
    },
    ['软件源的签名密钥缺失或已过期', 'The signing key of the package source lacks or has expired'],
    [
      '导入软件源的新密钥（rpm --import、apt 的 keyrings、apk 的 /etc/apk/keys）后重试',
      'Import the new key of the source (rpm --import, keyrings of apt, /etc/apk/keys), then retry',
    ],
  ),
  rule(
    'no-package-sources',
    {
      words:
        /not registered with an entitlement server|no enabled repo|No repositories defined|Cannot find a valid baseurl for repo/i,
    },
    [
      '主机没有可用的软件源（未注册订阅，或未配置）',
      'The host has no package source that works: no subscription, or none set up',
    ],
    [
      '配置软件源或注册订阅后重试，或先装好日志中列出的命令',
      'Set up a source or register the system, then retry; or install the commands that the log names beforehand',
    ],
  ),
  rule(
    'package-not-found',
    {
      words:
        /Unable to locate package|has no installation candidate|No match for argument|Unable to find a match|No package .* available|no such package|No provider of|not found in package names/,
    },
    [
      '软件源中没有该软件包，或本地索引过旧',
      'The package sources do not have that package, or the index is out of date',
    ],
    [
      '更新索引并启用完整的软件源后重试，或先装好日志中列出的命令',
      'Update the index and enable the full sources, then retry; or install the commands that the log names beforehand',
    ],
  ),
  rule(
    'no-package-manager',
    { words: /has none of apt-get, dnf, yum, apk, zypper/ },
    ['系统中没有我们会用的软件包管理器', 'The system has no package manager that we know'],
    ['先装好日志中列出的命令后重试', 'Install the commands that the log names, then retry'],
  ),
];

/** The last of them, after the causes that all networks share. */
export const PACKAGE_SOURCE_RULES: readonly Rule[] = [
  rule(
    'package-sources-unreachable',
    {
      errCodes: ['COMMAND_NOT_FOUND'],
      words:
        /Failed to fetch|Unable to fetch some archives|Could not connect to \S+|Unable to connect to \S+|Failed to download metadata|All mirrors were tried|Curl error|Trying other mirror|network error \(check Internet|temporary error \(try again later\)|Download \(curl\) error|Timeout exceeded when accessing/,
    },
    [
      '主机无法访问软件源（无外网、防火墙，或软件源故障）',
      'The host cannot reach its package sources: no way to the internet, a firewall, or a source that is down',
    ],
    [
      '配置可达的内部镜像或放通到软件源的网络，或先装好日志中列出的命令',
      'Set up a mirror that it can reach or open the way, or install the commands that the log names beforehand',
    ],
  ),
  rule(
    'package-manager-slow',
    { errCodes: ['COMMAND_NOT_FOUND'], words: /did not end within \d+ s/ },
    [
      '软件源过慢，或软件包管理器被占用',
      'The package sources are too slow, or the package manager waits for something',
    ],
    ['在主机上手动安装日志中列出的命令后重试', 'Install the commands that the log names by hand, then retry'],
  ),
  rule(
    'commands-missing',
    { errCodes: ['COMMAND_NOT_FOUND'], words: /this host (lacks|has n(either|one))/ },
    [
      '系统精简，缺少脚本需要的命令，软件包管理器也没能装上',
      'A minimal system: commands that the script needs lack, and the package manager did not bring them',
    ],
    ['安装日志中列出的命令后重试', 'Install the commands that the log names, then retry'],
  ),
];
