import { MORE_DEMANDED, PASSWORD_EXPIRED, ROOT_BY_PASSWORD, SSH_REMEDIES } from '../../ssh/ssh-remedies.js';
import { type Rule, rule } from './rule.js';

/** Why we are not let in. */
export const LOGIN_RULES: readonly Rule[] = [
  rule(
    'host-key-changed',
    { sshKinds: ['host-key-changed'] },
    [
      '主机已重装、地址被另一台主机使用，或有人冒充',
      'The host was set up anew, another machine has its address, or somebody poses as it',
    ],
    SSH_REMEDIES['host-key-changed'],
  ),
  rule(
    'mfa-demanded',
    { sshKinds: ['method-not-offered'], words: /demands a second authentication/ },
    ['sshd 要求多因素认证', 'sshd demands multi-factor authentication'],
    MORE_DEMANDED,
  ),
  rule(
    'only-keys-taken',
    { sshKinds: ['method-not-offered'], words: /it offers publickey\b.*we hold a password/ },
    ['sshd 只接受密钥登录（PasswordAuthentication no）', 'sshd takes keys only (PasswordAuthentication no)'],
    [
      '请改用密钥登录（auth_type KEY），或在 sshd_config 中设置 PasswordAuthentication yes',
      'Log in by key (auth_type KEY), or set PasswordAuthentication yes in sshd_config',
    ],
  ),
  rule(
    'only-passwords-taken',
    { sshKinds: ['method-not-offered'], words: /it offers .*(password|keyboard-interactive).*we hold a private key/ },
    ['sshd 不接受密钥登录（PubkeyAuthentication no）', 'sshd takes no keys (PubkeyAuthentication no)'],
    [
      '请改用密码登录（auth_type PASSWORD），或在 sshd_config 中设置 PubkeyAuthentication yes',
      'Log in by password (auth_type PASSWORD), or set PubkeyAuthentication yes in sshd_config',
    ],
  ),
  rule(
    'no-common-method',
    { sshKinds: ['method-not-offered'] },
    ['sshd 不接受密码，也不接受密钥', 'sshd takes neither passwords nor keys from us'],
    SSH_REMEDIES['method-not-offered'],
  ),
  rule(
    'key-unreadable',
    { sshKinds: ['key-unreadable'] },
    [
      '提供的内容不是完整的私钥（缺行、被截断，或是公钥）',
      'What was given is no whole private key: lines lack, or it is the public half',
    ],
    SSH_REMEDIES['key-unreadable'],
  ),
  rule(
    'key-needs-passphrase',
    { sshKinds: ['key-needs-passphrase'] },
    ['私钥带有口令，而我们没有', 'The private key has a passphrase, which we do not have'],
    SSH_REMEDIES['key-needs-passphrase'],
  ),
  rule(
    'key-refused',
    { sshKinds: ['key-refused'] },
    [
      '公钥未被该账号授权，或 authorized_keys 的权限不对',
      'The key is not authorized for this account, or the modes of authorized_keys are wrong',
    ],
    SSH_REMEDIES['key-refused'],
  ),
  rule(
    'password-expired',
    {
      words:
        /change its password first|password has expired|required to change your password|Password change required|Account or password is expired|[Aa]uthentication token (is no longer valid|.*expired)/,
    },
    ['该账号的密码已过期', 'The password of the account has expired'],
    PASSWORD_EXPIRED,
  ),
  rule(
    'account-expired',
    { words: /account has expired|Account expired or PAM config lacks/ },
    ['该账号已过期', 'The account has expired'],
    [
      '在主机上执行 chage -E -1 {account} 后重试，或改用其他账号',
      'Run chage -E -1 {account} on the host, then retry; or use another account',
    ],
  ),
  rule(
    'account-locked',
    {
      words:
        /account is locked|[Aa]ccount locked due to|account validation failure, is your account locked|temporarily locked/,
    },
    ['该账号已被锁定，多半因为登录失败次数过多', 'The account is locked, most likely after too many failed logins'],
    [
      '在主机上解锁（faillock --user {account} --reset、pam_tally2 -u {account} -r、passwd -u {account}）后重试',
      'Unlock it on the host (faillock --user {account} --reset, pam_tally2 -u {account} -r, passwd -u {account}), then retry',
    ],
  ),
  rule(
    'root-password-refused',
    { sshKinds: ['wrong-password'], words: /refused the password of account root\b/ },
    [
      '密码错误，或 sshd 不允许 root 用密码登录（PermitRootLogin 默认为 prohibit-password）',
      'The password is wrong, or sshd does not let root in by password (PermitRootLogin is prohibit-password by default)',
    ],
    ROOT_BY_PASSWORD,
  ),
  rule(
    'password-refused',
    { sshKinds: ['wrong-password'] },
    [
      '密码错误，或账号不存在、被锁定、不允许登录（AllowUsers、DenyUsers）',
      'The password is wrong, or the account does not exist, is locked or may not log in (AllowUsers, DenyUsers)',
    ],
    SSH_REMEDIES['wrong-password'],
  ),
  rule(
    'no-logins-yet',
    { words: /System is booting up|pam_nologin|Unprivileged users are not permitted to log in/ },
    [
      '主机正在启动或关机，暂不允许普通账号登录（nologin）',
      'The host is starting or shutting down and lets no ordinary account in (nologin)',
    ],
    [
      '等主机启动完成后重试；若一直如此，删除 /run/nologin 或 /etc/nologin',
      'Retry once it is up; if it stays so, remove /run/nologin or /etc/nologin',
    ],
  ),
  rule(
    'nologin-shell',
    { words: /This account is (currently )?not available/ },
    ['该账号的登录 shell 是 nologin，不能执行命令', "The account's shell is nologin: it may run no commands"],
    [
      '在主机上执行 usermod -s /bin/sh {account} 后重试，或改用其他账号',
      'Run usermod -s /bin/sh {account} on the host, then retry; or use another account',
    ],
  ),
];

/** What an account's shell does instead of running commands; only where nothing else explains it. */
export const SHELL_RULES: readonly Rule[] = [
  rule(
    'login-shell-breaks',
    {
      steps: ['SSH_LOGIN', 'EXECUTE_JOB'],
      words: /did not start within \d+ s|script on the host ended unexpectedly \(exit code/,
    },
    [
      '该账号的登录 shell 或其启动文件（.bashrc、.profile、ForceCommand）退出、等待输入，或不执行命令',
      "The account's login shell or its start-up files (.bashrc, .profile, ForceCommand) end, wait for input or run no commands",
    ],
    [
      "在主机上执行 ssh {account}@localhost 'echo ok' 应只打印 ok；修正启动文件后重试",
      "On the host, ssh {account}@localhost 'echo ok' must print ok and nothing else; mend the start-up files, then retry",
    ],
  ),
];
