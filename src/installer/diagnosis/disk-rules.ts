import { type Rule, rule } from './rule.js';

/** What is wrong with a disk, or a file on it. */
export const DISK_RULES: readonly Rule[] = [
  rule(
    'inodes-used-up',
    { words: /[Nn]o space left on device.*\([1-9]\d{4,} KB free\)|no inodes? (are )?(left|free)|inodes are used up/ },
    [
      '磁盘还有空间，但 inode 已用尽（小文件过多）',
      'The disk has room, but its inodes are used up: there are too many small files',
    ],
    [
      '用 df -i 找到用尽的文件系统，删除多余的小文件后重试',
      'Find the file system with df -i, remove small files that nobody needs, then retry',
    ],
  ),
  rule(
    'quota-exceeded',
    { words: /[Qq]uota (is )?(exceeded|used up)|EDQUOT/ },
    ['该账号的磁盘配额已用完', 'The disk quota of the account is used up'],
    ['用 quota 查看配额，清理或调大配额后重试', 'Look with quota; clean up or raise the quota, then retry'],
  ),
  rule(
    'disk-full',
    {
      words:
        /[Nn]o space left on device|ENOSPC|enough free space|more space needed on|[Dd]isk full|not enough (disk )?space|\d KB free at .* KB are needed/,
    },
    ['磁盘已满', 'The disk is full'],
    ['用 df -h /opt 查看，清理出至少 100 MB 后重试', 'Look with df -h /opt, free at least 100 MB, then retry'],
  ),
  rule(
    'read-only',
    { words: /[Rr]ead-only file system/ },
    [
      '文件系统是只读的：以只读方式挂载，或因磁盘错误被内核改为只读',
      'The file system is read-only: mounted so, or made so by the kernel after a disk error',
    ],
    [
      '查看 dmesg 有无磁盘错误；没有则 mount -o remount,rw 后重试',
      'See in dmesg whether the disk has errors; if not, mount -o remount,rw and retry',
    ],
  ),
  rule(
    'disk-broken',
    { words: /Input\/output error|Structure needs cleaning|Stale (NFS )?file handle|EXT4-fs error|Buffer I\/O error/ },
    ['磁盘或文件系统损坏', 'The disk or its file system is damaged'],
    ['查看 dmesg，修复（fsck）或更换磁盘后重试', 'Read dmesg, repair (fsck) or replace the disk, then retry'],
  ),
  rule(
    'noexec',
    { words: /mounted noexec|\bnoexec\b/ },
    [
      '安装目录所在的文件系统以 noexec 挂载，不允许执行程序',
      'The file system of the agent is mounted noexec: no program may be started from it',
    ],
    [
      '执行 mount -o remount,exec <挂载点> 并修改 /etc/fstab 后重试',
      'Run mount -o remount,exec <mount point>, change /etc/fstab, then retry',
    ],
  ),
  rule(
    'file-in-the-way',
    { words: /cannot make .*: (File exists|Not a directory)|mkdir: .*(File exists|Not a directory)/ },
    ['安装目录的位置上已有一个同名文件', 'A file stands where a folder of the agent is to be'],
    ['移走日志中指出的文件后重试', 'Move the file that the log names out of the way, then retry'],
  ),
  rule(
    'file-immutable',
    {
      words:
        /is immutable \(chattr|^(.*: )?(chmod|chown|cp|dd|ln|mkdir|mv|rm|rmdir|tar): .*Operation not permitted|cannot (remove|unlink|open|rename|make|move) .*Operation not permitted/m,
    },
    [
      '文件或目录被设为不可修改（chattr +i），或被安全软件保护',
      'The file or folder may not be changed (chattr +i), or security software guards it',
    ],
    [
      '用 lsattr 查看日志中的路径，chattr -i 后重试；或在安全软件中放行 /opt/nodeman',
      'Look at the path in the log with lsattr, chattr -i, then retry; or let security software allow /opt/nodeman',
    ],
  ),
];
