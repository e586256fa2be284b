import { Text } from '../i18n/text.js';

/** What people are told about an err_code, wherever it stands without the sentence of its own run. */
export interface ErrCodeAbout {
  readonly meaning: Text;
  /** What usually makes it. */
  readonly cause: Text;
  /** What to do about it. */
  readonly remedy: Text;
}

const about = (meaning: Text, cause: Text, remedy: Text): ErrCodeAbout => ({ meaning, cause, remedy });
const nothing = new Text('无需处理', 'Nothing to do');

/** Every err_code that a run can carry. @see docs/errors.md */
export const ERR_CODES = {
  INIT: about(
    new Text('排队中，尚未开始', 'Queued, nothing done yet'),
    new Text('等待空闲的执行进程', 'It waits for a free worker'),
    new Text('长时间不动时请检查 worker 进程是否在运行', 'When it stays so for long, see whether a worker is running'),
  ),
  STILL_RUNNING: about(new Text('执行中', 'Running'), new Text('任务正在执行', 'The run is being worked on'), nothing),
  SUCCESS: about(new Text('成功', 'Succeeded'), new Text('所有步骤均已完成', 'Every step is done'), nothing),
  SOCKET_TIMEOUT: about(
    new Text('无法连接SSH端口，或会话失去响应', 'The SSH port cannot be reached, or the session fell silent'),
    new Text(
      '主机关机、地址或端口错误、防火墙拦截、网络中断',
      'Host down, wrong address or port, a firewall, a broken network',
    ),
    new Text('检查主机、地址、端口和防火墙后重试', 'Check host, address, port and firewall, then retry'),
  ),
  SSH_LOGIN_TIMEOUT: about(
    new Text('SSH登录超时', 'The SSH handshake or login did not finish in time'),
    new Text(
      'sshd 负载过高、反向DNS或PAM缓慢，或该端口不是SSH服务',
      'A busy sshd, slow reverse DNS or PAM, or the port speaks no SSH',
    ),
    new Text('在主机上检查 sshd（如 UseDNS no）后重试', 'Look at sshd on the host (for example UseDNS no), then retry'),
  ),
  SSH_WRONG_PASSWORD: about(
    new Text('密码错误', 'The password was refused'),
    new Text(
      'sshd 或 sudo 拒绝了密码，或该账号不允许密码登录',
      'sshd or sudo refused it, or the account may not log in by password',
    ),
    new Text('更正账号和密码后重试', 'Correct account and password, then retry'),
  ),
  SSH_LOGIN_KEY_ERR: about(
    new Text('密钥错误', 'The key is unusable or was refused, or the host shows another key than the pinned one'),
    new Text(
      '私钥格式错误、带口令、未被授权，或主机密钥已变更',
      'Unreadable or locked private key, not authorized, or a changed host key',
    ),
    new Text(
      '更换私钥；若主机确已重装，用 DELETE /api/{bk_biz_id}/hosts/{host_id}/host_keys/ 忘记旧的主机密钥',
      'Give another private key; if the host really was set up anew, forget its old host key with DELETE /api/{bk_biz_id}/hosts/{host_id}/host_keys/',
    ),
  ),
  NOT_SUPPORT_AUTH_WAY: about(
    new Text('主机不支持该认证方式', 'The host takes no authentication method that we can use'),
    new Text('sshd 关闭了密码登录或公钥登录', 'sshd has password, or public key, authentication switched off'),
    new Text('改用主机支持的认证方式，或调整 sshd_config', 'Use the other method, or change sshd_config'),
  ),
  SSH_LOGIN_EXCEPT: about(
    new Text('SSH异常', 'SSH failed in another way'),
    new Text('协议或算法不匹配、连接被中断', 'Protocol or algorithms do not match, or the connection was cut'),
    new Text('查看任务日志中的原文，检查 sshd 日志', 'Read the words in the log, and those of sshd'),
  ),
  COMMAND_NOT_FOUND: about(
    new Text('目标主机缺少命令', 'The host lacks a command that the script needs'),
    new Text('系统精简，且软件源不可用', 'A minimal system whose package sources do not work'),
    new Text('安装日志中列出的命令后重试', 'Install the commands that the log names, then retry'),
  ),
  CURL_FILE_FAILED: about(
    new Text('下载安装包失败', 'No file server gave the package, or its checksum is wrong'),
    new Text(
      '目标主机无法访问 nginx 配置中的地址，或文件损坏',
      'The host cannot reach the addresses of the nginx setting, or the file is damaged',
    ),
    new Text(
      '在主机上访问日志中的地址，检查 nginx 配置',
      'Try the addresses in the log from that host; check the nginx setting',
    ),
  ),
  INSTALL_FAILED: about(
    new Text('脚本执行失败', 'The script said that it failed, and why'),
    new Text(
      '磁盘已满、权限不足、安装包不兼容等，见日志',
      'Full disk, missing rights, a package that does not fit: see the log',
    ),
    new Text('按日志中的原因处理后重试', 'Mend what the log names, then retry'),
  ),
  UNEXPECTED_RETURN: about(
    new Text('脚本异常退出', 'The script ended without saying how, or the session broke while it ran'),
    new Text('脚本被杀死、主机重启、连接中断', 'The script was killed, the host restarted, the connection was cut'),
    new Text('检查主机后重试，重复执行是安全的', 'Look at the host and retry; doing it again is safe'),
  ),
  REGISTER_FAILED: about(
    new Text('注册到CMDB失败', 'The CMDB refused the host'),
    new Text('业务不存在，或CMDB拒绝或不可用', 'The business is gone, or the CMDB refused or is down'),
    new Text('检查CMDB后重试', 'Look at the CMDB, then retry'),
  ),
  WAIT_AGENT_TIMEOUT: about(
    new Text('等待Agent状态超时', 'The agent did not report in time; for an uninstall: it still reports'),
    new Text('Agent 无法访问上报地址，或启动后退出', 'The agent cannot reach the server, or ended after its start'),
    new Text(
      '查看主机上 /opt/nodeman/agent/log 的日志，检查到 nginx 配置地址的网络',
      'Read /opt/nodeman/agent/log on the host; check its way to the addresses of the nginx setting',
    ),
  ),
  START_JOB_FAILED: about(
    new Text('无法通过代理启动任务', 'No proxy could be logged in to, or none could start the batch'),
    new Text('该云区域的 PROXY 不可用', 'The proxies of the cloud are not usable'),
    new Text('检查 PROXY 的状态和凭据', 'Check state and credentials of the proxies'),
  ),
  IJOBS_FAILED: about(
    new Text('代理上的批量作业失败', 'The batch on the proxy broke'),
    new Text('到 PROXY 的连接中断，或作业异常退出', 'The connection to the proxy broke, or the batch ended badly'),
    new Text('检查 PROXY 后重试', 'Look at the proxy, then retry'),
  ),
  JOB_TIMEOUT: about(
    new Text('代理上的批量作业超时', 'The batch on the proxy passed its time'),
    new Text('PROXY 负载过高或网络缓慢', 'A busy proxy or a slow network'),
    new Text('稍后重试，或减少单次主机数', 'Retry later, or with fewer hosts at once'),
  ),
  CELERY_TASK_TIMEOUT: about(
    new Text('任务超时', 'The run passed the timeout setting'),
    new Text('主机或网络过慢，或 timeout 配置过小', 'A slow host or network, or a timeout setting that is too small'),
    new Text(
      '查看停在哪一步；必要时用 config/kv 调大 timeout',
      'See at which step it stood; raise timeout under config/kv if need be',
    ),
  ),
  CELERY_TASK_EXCEPT: about(
    new Text('后台任务异常', 'Something failed on the server'),
    new Text('服务端故障，或执行进程多次丢失', 'A fault of the server, or its workers were lost again and again'),
    new Text(
      '重试；仍失败时凭日志中的编号查服务端日志',
      'Retry; if it fails again, look up the id of the log in the log of the server',
    ),
  ),
  FORCE_STOP: about(
    new Text('强制终止', 'Ended by a person'),
    new Text('有人终止了该任务', 'Somebody stopped it'),
    new Text('需要时重新发起', 'Start it again when wanted'),
  ),
} as const satisfies Record<string, ErrCodeAbout>;

export type ErrCode = keyof typeof ERR_CODES;

/** What a code means, in a few words; a code that we do not know is its own text. */
export function errCodeText(code: string): Text {
  return Object.hasOwn(ERR_CODES, code) ? ERR_CODES[code as ErrCode].meaning : Text.verbatim(code);
}
