import { type Rule, rule } from './rule.js';

const GIVE_AGAIN = [
  '请用 UPDATE_AUTHINFO 重新提供密码或密钥后重试',
  'Give the password or key again with UPDATE_AUTHINFO, then retry',
] as const;

/** Why an account may not do what is to be done. */
export const ACCOUNT_RULES: readonly Rule[] = [
  rule(
    'credential-wiped',
    { words: /No password or key is stored for this host/ },
    ['凭据只保存有限的时间，已被清除', 'Credentials are kept for a limited time only, and this one was wiped'],
    GIVE_AGAIN,
  ),
  rule(
    'secret-key-changed',
    { words: /sealed under another SECRET_KEY/ },
    [
      '服务端更换了 SECRET_KEY，或从备份恢复了数据库',
      "The server's SECRET_KEY was changed, or its database comes from a backup of another one",
    ],
    GIVE_AGAIN,
  ),
  rule(
    'sudo-wants-tty',
    { words: /you must have a tty to run sudo/ },
    ['sudoers 中的 requiretty 不允许没有终端时使用 sudo', 'requiretty in sudoers forbids sudo without a terminal'],
    [
      '在 sudoers 中加入 Defaults:{account} !requiretty 后重试，或改用 root 账号',
      'Add Defaults:{account} !requiretty to sudoers, then retry; or use the root account',
    ],
  ),
  rule(
    'not-in-sudoers',
    { words: /is not in the sudoers file|may not run sudo|is not allowed to (run|execute)|NOT in sudoers/ },
    ['该账号没有 sudo 权限', 'The account may not use sudo'],
    [
      '请将其加入 sudoers（{account} ALL=(ALL) ALL），或改用 root 账号',
      'Add it to sudoers ({account} ALL=(ALL) ALL), or use the root account',
    ],
  ),
  rule(
    'sudo-missing',
    { words: /the host has no sudo|sudo: (command )?not found/ },
    ['主机上没有安装 sudo，而该账号不是 root', 'sudo is not installed there, and the account is not root'],
    ['请安装 sudo，或改用 root 账号', 'Install sudo, or use the root account'],
  ),
  rule(
    'sudo-broken',
    {
      words:
        /sudo: .*(must be owned by uid 0|should be 0|is world writable|effective uid is not 0|no valid sudoers sources|[Pp]arse error|syntax error|"no new privileges")/,
    },
    ['主机上的 sudo 或 sudoers 已损坏', 'sudo or sudoers on the host is broken'],
    [
      '用 root 执行 visudo -c 和 ls -l /usr/bin/sudo 检查并修复，或改用 root 账号',
      'As root, look with visudo -c and ls -l /usr/bin/sudo and mend it; or use the root account',
    ],
  ),
  rule(
    'sudo-password-refused',
    { words: /sudo refused the password|\d+ incorrect password attempt/ },
    [
      'sudo 要的不是该登录密码（rootpw、targetpw），或密码有误',
      'sudo wants another password than that of the login (rootpw, targetpw), or it is wrong',
    ],
    [
      '请检查密码，或为该账号配置 NOPASSWD 后重试',
      'Check the password, or give the account NOPASSWD in sudoers, then retry',
    ],
  ),
  rule(
    'sudo-wants-password',
    {
      words:
        /sudo wants the password of account|sudo: (a password is required|a terminal is required|no tty present)|password is required to run sudo/,
    },
    ['sudo 要求密码，而我们只有密钥', 'sudo asks for a password, and we hold a key only'],
    ['请为该账号配置 NOPASSWD，或改用密码登录', 'Give the account NOPASSWD in sudoers, or log in by password'],
  ),
  rule(
    'needs-root',
    { words: /only root (may|can) / },
    ['该操作只有 root 才能完成', 'Only root can do that'],
    [
      '请用 root 或有 sudo 权限的账号执行后重试；缺少的命令也可以事先装好',
      'Use root or an account with sudo, then retry; commands that lack may also be installed beforehand',
    ],
  ),
  rule(
    'permission-denied',
    { words: /no permission to write|Permission denied/, facts: { uid: /^[1-9]/ } },
    ['该账号不是 root，没有写安装目录的权限', 'The account is not root and may not write where the agent is to live'],
    ['请用 root 或有 sudo 权限的账号', 'Use root, or an account that may use sudo'],
  ),
];
