import { SSH_REMEDIES } from '../../ssh/ssh-remedies.js';
import { type Rule, rule } from './rule.js';

/** Why a host does not answer, or hangs up. */
export const CONNECTION_RULES: readonly Rule[] = [
  rule(
    'host-restarted',
    {
      sshKinds: ['lost', 'silent'],
      words: /going down for (reboot|power-?off|halt)|system will (reboot|power off|halt) now|System is going down/i,
    },
    ['主机正在关机或重启', 'The host was being shut down or restarted'],
    ['等主机启动完成后重试；重复执行是安全的', 'Retry once the host is up again; doing it again is safe'],
  ),
  rule(
    'ssh-refused',
    { sshKinds: ['refused'] },
    ['该端口上没有服务在监听，或防火墙主动拒绝', 'Nothing listens on that port, or a firewall rejects the connection'],
    SSH_REMEDIES.refused,
  ),
  rule(
    'ssh-no-answer',
    { sshKinds: ['connect-timeout'] },
    [
      '连接请求没有得到任何应答：防火墙丢弃了报文，或主机不在线、地址有误',
      'Nothing at all answered: a firewall drops the packets, the host is down, or the address is wrong',
    ],
    SSH_REMEDIES['connect-timeout'],
  ),
  rule(
    'no-route',
    { sshKinds: ['unreachable'] },
    [
      '没有到该地址的路由，或主机、其网络未启动',
      'There is no route to that address, or the host or its network is down',
    ],
    SSH_REMEDIES.unreachable,
  ),
  rule(
    'sshd-silent',
    { sshKinds: ['login-timeout'], words: /waiting for the SSH handshake/ },
    [
      '端口已接受连接但不作 SSH 应答：sshd 过载或挂起，或该端口不是 SSH',
      'The port takes connections and says nothing: sshd is overloaded or hangs, or the port is not that of SSH',
    ],
    SSH_REMEDIES['login-timeout'],
  ),
  rule(
    'login-slow',
    { sshKinds: ['login-timeout'] },
    [
      'sshd 核对账号过慢：反向 DNS、PAM 或目录服务（LDAP、AD）没有应答，或主机负载过高',
      'sshd takes too long to check the account: reverse DNS, PAM or a directory (LDAP, AD) does not answer, or the host is overloaded',
    ],
    SSH_REMEDIES['login-timeout'],
  ),
  rule(
    'session-silent',
    { sshKinds: ['silent'] },
    ['网络中断，或主机死机', 'The network broke, or the host hangs'],
    SSH_REMEDIES.silent,
  ),
  rule(
    'session-lost',
    { sshKinds: ['lost'] },
    [
      '连接被切断：主机重启、sshd 被重启，或中间设备断开了连接',
      'The connection was cut: the host or sshd restarted, or a device on the way cut it',
    ],
    SSH_REMEDIES.lost,
  ),
  rule(
    'host-overloaded',
    { sshKinds: ['exec-timeout'] },
    [
      '主机负载过高，或磁盘、网络文件系统没有响应',
      'The host is overloaded, or a disk or network file system does not respond',
    ],
    SSH_REMEDIES['exec-timeout'],
  ),
];

/** What two ends of SSH could not agree on. */
export const PROTOCOL_RULES: readonly Rule[] = [
  rule(
    'max-startups',
    {
      sshKinds: ['other'],
      words: /Exceeded MaxStartups|Not allowed at this time|ssh_exchange_identification: Connection closed/,
    },
    [
      'sshd 拒绝了新连接：同时登录过多（MaxStartups），或来源地址被暂时封禁（PerSourcePenalties、fail2ban、hosts.deny）',
      'sshd turns newcomers away: too many logins at once (MaxStartups), or our address is shut out (PerSourcePenalties, fail2ban, hosts.deny)',
    ],
    [
      '稍后重试；必要时在 sshd_config 中调大 MaxStartups，并将服务端地址加入白名单',
      "Retry later; raise MaxStartups in sshd_config if need be, and exempt the server's address",
    ],
  ),
  rule(
    'max-sessions',
    { words: /\(SSH\) Channel open failure: open failed|no more sessions/ },
    ['sshd 不再为该连接打开会话（MaxSessions）', 'sshd opens no more sessions for this connection (MaxSessions)'],
    [
      '在 sshd_config 中将 MaxSessions 设为 10 或更大后重试',
      'Set MaxSessions to 10 or more in sshd_config, then retry',
    ],
  ),
  rule(
    'not-ssh',
    {
      sshKinds: ['other'],
      words:
        /HTTP\/1\.\d|<html|Invalid identification string|\b(220|554)[ -].*(FTP|SMTP)|Protocol version not supported/i,
    },
    ['该端口上是别的服务，不是 SSH', 'Something else than SSH is on that port'],
    ['更正 SSH 端口（port）后重试', 'Correct the SSH port (port), then retry'],
  ),
  rule(
    'endless-greeting',
    { sshKinds: ['other'], words: /Max greeting lines? (length )?exceeded/ },
    [
      '端口在 SSH 版本之前不停地发送文字：该端口是陷阱（如 endlessh）或别的服务',
      'The port keeps sending text where the SSH version should come: a tarpit such as endlessh, or another service',
    ],
    ['更正 SSH 端口（port）后重试', 'Correct the SSH port (port), then retry'],
  ),
  rule(
    'no-common-key-exchange',
    { words: /no matching (key exchange (algorithm|method)|host key (format|type))/ },
    [
      '主机的 OpenSSH 过旧或加固过度，没有双方都支持的密钥交换或主机密钥算法',
      "The host's OpenSSH is too old, or hardened too far: there is no key exchange or host key algorithm that both know",
    ],
    [
      '升级主机的 OpenSSH，或在 sshd_config 的 KexAlgorithms、HostKeyAlgorithms 中加入 curve25519-sha256、ecdh-sha2-nistp256、ssh-ed25519、rsa-sha2-256',
      'Upgrade OpenSSH there, or add curve25519-sha256, ecdh-sha2-nistp256, ssh-ed25519, rsa-sha2-256 to KexAlgorithms and HostKeyAlgorithms in sshd_config',
    ],
  ),
  rule(
    'no-common-cipher',
    { words: /no matching ([CS]->[CS] )?(cipher|MAC|compression)/ },
    ['没有双方都支持的加密或校验算法', 'There is no cipher or MAC that both know'],
    [
      '在 sshd_config 的 Ciphers、MACs 中加入 aes256-gcm@openssh.com、aes256-ctr、hmac-sha2-256',
      'Add aes256-gcm@openssh.com, aes256-ctr, hmac-sha2-256 to Ciphers and MACs in sshd_config',
    ],
  ),
  rule(
    'ssh-cut-at-greeting',
    { sshKinds: ['other'], words: /Connection lost before handshake|ECONNRESET|Connection reset by peer/ },
    [
      '连接在握手前被断开：sshd 过载（MaxStartups）、来源地址被封禁（fail2ban、hosts.deny），或该端口不是 SSH',
      'The connection was closed before the handshake: sshd is overloaded (MaxStartups), our address is shut out (fail2ban, hosts.deny), or the port is not that of SSH',
    ],
    [
      '请检查该端口是否为 sshd，查看 sshd 日志，并确认服务端地址未被封禁',
      "Check that the port is sshd's, read sshd's log, and see that the server's address is not shut out",
    ],
  ),
];
