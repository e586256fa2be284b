import { type Rule, rule } from './rule.js';

/** What the machine or its system does not give. */
export const PLATFORM_RULES: readonly Rule[] = [
  rule(
    'proc-not-mounted',
    { words: /\/proc is not mounted|mount \/proc/ },
    ['/proc 没有挂载', '/proc is not mounted'],
    ['执行 mount -t proc proc /proc 后重试', 'Run mount -t proc proc /proc, then retry'],
  ),
  rule(
    'killed-for-memory',
    { words: /Out of memory: Kill|oom-kill|oom_reaper|[Mm]emory cgroup out of memory|result 'oom-kill'/ },
    ['内存不足，内核结束了进程（OOM）', 'The kernel killed it since memory ran out (OOM)'],
    [
      '释放内存、增加 swap 或调大容器的内存上限后重试',
      'Free memory, add swap or raise the memory limit of the container, then retry',
    ],
  ),
  rule(
    'too-many-processes',
    {
      words:
        /fork: (retry: )?Resource temporarily unavailable|(can't|[Cc]annot) fork(: Resource temporarily unavailable)?$|fork failed: Resource temporarily|fork rejected by pids controller/m,
    },
    ['主机的进程数已达上限', 'The host has as many processes as it may have'],
    [
      '用 ulimit -u 和 systemctl show -p TasksMax 查看，清理进程或调大上限后重试',
      'Look with ulimit -u and systemctl show -p TasksMax, end processes or raise the limit, then retry',
    ],
  ),
  rule(
    'out-of-memory',
    { words: /Cannot allocate memory|memory exhausted|[Oo]ut of memory|can't allocate memory/ },
    ['主机内存不足', 'The host is out of memory'],
    ['用 free -m 查看，释放内存或增加 swap 后重试', 'Look with free -m, free memory or add swap, then retry'],
  ),
  rule(
    'too-many-open-files',
    { words: /Too many open files/ },
    ['打开的文件数已达上限', 'As many files are open as may be'],
    [
      '用 ulimit -n 和 sysctl fs.file-max 查看，调大上限后重试',
      'Look with ulimit -n and sysctl fs.file-max, raise the limit, then retry',
    ],
  ),
  rule(
    'wrong-architecture',
    { words: /Exec format error|cannot execute binary file|package's arch is '|ELF: not found/ },
    ['安装包与主机的 CPU 架构不符', 'The package is for another kind of CPU'],
    [
      '上传适用于该架构的安装包（POST /api/packages/）后重试',
      'Upload a package for this architecture (POST /api/packages/), then retry',
    ],
  ),
  rule(
    'wrong-system',
    { words: /package's os is '/ },
    ['安装包与主机的操作系统不符', 'The package is for another operating system'],
    [
      '上传适用于该系统的安装包（POST /api/packages/）后重试',
      'Upload a package for this system (POST /api/packages/), then retry',
    ],
  ),
  rule(
    'glibc-too-old',
    { words: /version [`']?(GLIBC|GLIBCXX|CXXABI)_[\d.]+'? not found/ },
    ['主机的 glibc 比程序要求的旧', "The host's glibc is older than what the program was built for"],
    [
      '换用为旧系统构建的安装包，或升级操作系统后重试',
      'Use a package that was built for older systems, or upgrade the system, then retry',
    ],
  ),
  rule(
    'musl-without-glibc',
    {
      words:
        /Error loading shared library ld-linux|Error relocating .*symbol not found|ld-linux-[\w-]+\.so\.2: (not found|No such file)/,
    },
    [
      '程序为 glibc 构建，而主机使用 musl（如 Alpine）',
      'The program was built for glibc, and the host has musl (as Alpine does)',
    ],
    [
      '换用为 musl 构建或静态链接的安装包，或安装 gcompat 后重试',
      'Use a package built for musl or linked statically, or install gcompat, then retry',
    ],
  ),
  rule(
    'library-missing',
    { words: /error while loading shared libraries: |Error loading shared library |cannot open shared object file/ },
    ['主机缺少程序需要的动态库', 'The host lacks a library that the program needs'],
    ['安装日志中指出的库后重试', 'Install the library that the log names, then retry'],
  ),
  rule(
    'selinux-denied',
    {
      words:
        /avc: +denied|SELinux is preventing|scontext=\S+ tcontext=|bind\(\) to \S+ failed \(13: Permission denied\)|SELinux is enforcing/,
    },
    ['SELinux 拒绝了该操作', 'SELinux forbids it'],
    [
      '执行 restorecon -R /opt/nodeman，用 ausearch -m avc -ts recent 查看；代理端口用 semanage port -a -t http_port_t -p tcp <端口> 放行后重试',
      'Run restorecon -R /opt/nodeman and look with ausearch -m avc -ts recent; allow a port with semanage port -a -t http_port_t -p tcp <port>, then retry',
    ],
  ),
  rule(
    'killed',
    { exitCodes: [137] },
    [
      '进程被强制结束（SIGKILL）：多为内存不足（OOM），也可能是安全软件或有人执行了 kill',
      'The process was killed (SIGKILL): memory ran out, security software did it, or somebody',
    ],
    ['用 dmesg | grep -i kill 查看原因，处理后重试', 'See why with dmesg | grep -i kill, mend that, then retry'],
  ),
  rule(
    'script-killed',
    { words: /(ended unexpectedly|without saying how) \(killed by (signal \d+|(SIG)?[A-Z]+)\)|code=killed, status=9/ },
    [
      '进程被主机上的人或程序（OOM、安全软件）结束',
      'Somebody or something on the host ended it: lack of memory, security software, a person',
    ],
    [
      '用 dmesg | grep -i kill 和安全软件的日志查看原因，然后重试；重复执行是安全的',
      'Look with dmesg | grep -i kill and into the log of security software, then retry; doing it again is safe',
    ],
  ),
];
