import { call, ended, provedBy, started } from '../../../test/support/failure-words.js';
import { PLATFORM_RULES } from './platform-rules.js';

provedBy(PLATFORM_RULES, [
  ['proc-not-mounted', call('install', '/proc is not mounted')],
  ['killed-for-memory', ended('killed by KILL', 'Out of memory: Killed process 812 (agent) total-vm:8123kB')],
  ['killed-for-memory', started("nodeman-agent.service: Failed with result 'oom-kill'.")],
  ['too-many-processes', ended('exit code 254', 'bash: fork: retry: Resource temporarily unavailable')],
  ['too-many-processes', ended('exit code 2', "sh: can't fork: Resource temporarily unavailable")],
  ['too-many-processes', ended('exit code 2', 'sh: 1: Cannot fork')],
  ['out-of-memory', ended('exit code 254', 'bash: fork: Cannot allocate memory')],
  ['out-of-memory', call('install', 'the package cannot be unpacked', 'gzip: memory exhausted')],
  ['too-many-open-files', call('install', 'it', 'sh: 4: cannot open /proc/1/stat: Too many open files')],
  [
    'wrong-architecture',
    started('/opt/nodeman/agent/current/bin/agent: cannot execute binary file: Exec format error'),
  ],
  ['wrong-architecture', call('install', "the package's arch is 'aarch64', and 'x86_64' is wanted")],
  ['wrong-system', call('install', "the package's os is 'aix', and 'linux' is wanted")],
  ['glibc-too-old', started("bin/gse: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by bin/gse)")],
  [
    'glibc-too-old',
    started("bin/gse: /lib64/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by bin/gse)"),
  ],
  [
    'musl-without-glibc',
    started('Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by bin/gse)'),
  ],
  ['musl-without-glibc', started('Error relocating bin/gse: __vsnprintf_chk: symbol not found')],
  [
    'library-missing',
    started(
      'bin/gse: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No such file or directory',
    ),
  ],
  [
    'library-missing',
    started('Error loading shared library libstdc++.so.6: No such file or directory (needed by bin/gse)'),
  ],
  [
    'selinux-denied',
    started('type=AVC msg=audit(1700000000.1:42): avc:  denied  { execute } for  pid=812 comm="(agent)" name="agent"'),
  ],
  ['selinux-denied', call('install', 'it', 'nginx: [emerg] bind() to 10.0.0.2:17980 failed (13: Permission denied)')],
  ['killed', { ...ended('exit code 137', 'Killed', 'EXECUTE_SCRIPT', 137) }],
  ['script-killed', { ...ended('killed by KILL', '') }],
  ['script-killed', started('nodeman-agent.service: Main process exited, code=killed, status=9/KILL')],
]);
