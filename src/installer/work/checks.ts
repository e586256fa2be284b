import { Text } from '../../common/i18n/text.js';
import type { ErrCode } from '../../common/vocabulary/err-codes.js';

/** One of the things that are looked at before an installation. */
export interface CheckAbout {
  readonly label: Text;
  /** What the run ends with when this is the first that fails; null: it ends as the login does. */
  readonly errCode: ErrCode | null;
  readonly remedy: Text;
}

const about = (label: Text, errCode: ErrCode | null, remedy: Text): CheckAbout => ({ label, errCode, remedy });

/** The first four are seen by logging in, `arch` by the host's facts; the others the script looks at. */
export const CHECKS = {
  route: about(
    new Text('路由', 'route'),
    null,
    new Text(
      '检查主机是否在线，以及本服务（或 PROXY）到它的路由',
      'See whether the host is up, and whether this server, or the proxy, has a route to it',
    ),
  ),
  tcp: about(
    new Text('TCP 端口', 'TCP port'),
    null,
    new Text(
      '检查 sshd 是否运行、端口是否正确、防火墙是否放行',
      'See whether sshd runs, whether the port is right, and what firewalls let through',
    ),
  ),
  login: about(
    new Text('SSH 登录', 'SSH login'),
    null,
    new Text('检查账号、密码或密钥，以及 sshd 的认证设置', 'Check account, password or key, and what sshd accepts'),
  ),
  sudo: about(
    new Text('root 权限', 'root'),
    null,
    new Text(
      '使用 root 账号，或在 sudoers 中允许该账号执行全部命令',
      'Use the root account, or allow this account all commands in sudoers',
    ),
  ),
  arch: about(
    new Text('系统与架构', 'system and architecture'),
    'CURL_FILE_FAILED',
    new Text(
      '用 POST /api/packages/ 上传适合该系统的安装包',
      'Upload a package for this system with POST /api/packages/',
    ),
  ),
  space: about(
    new Text('磁盘空间', 'disk space'),
    'INSTALL_FAILED',
    new Text('清理或扩容 /opt 所在的文件系统', 'Free space on, or enlarge, the file system of /opt'),
  ),
  noexec: about(
    new Text('可执行挂载', 'programs may be started'),
    'INSTALL_FAILED',
    new Text('去掉该文件系统的 noexec 挂载选项', 'Mount that file system without noexec'),
  ),
  writable: about(
    new Text('目录可写', 'writable'),
    'INSTALL_FAILED',
    new Text(
      '以读写方式重新挂载，或给予写权限、去掉 immutable 属性',
      'Mount it read-write, or give this account the right to write there',
    ),
  ),
  commands: about(
    new Text('所需命令', 'commands'),
    'COMMAND_NOT_FOUND',
    new Text('安装所列命令，或修复软件源', 'Install the commands that are named, or mend the package sources'),
  ),
  clock: about(
    new Text('时钟', 'clock'),
    'INSTALL_FAILED',
    new Text('校准主机时间（chrony、ntpd）', 'Set the clock of the host (chrony, ntpd)'),
  ),
  server: about(
    new Text('文件服务器', 'file server'),
    'CURL_FILE_FAILED',
    new Text(
      '在主机上访问该地址，检查防火墙和 nginx 配置（POST /api/config/kv/）',
      'Try that address from the host; check firewalls and the nginx setting (POST /api/config/kv/)',
    ),
  ),
  port: about(
    new Text('PROXY 端口', "the proxy's port"),
    'INSTALL_FAILED',
    new Text('停掉占用端口的程序，或修改 PROXY_PORT', 'Stop the program that holds the port, or change PROXY_PORT'),
  ),
  agent: about(
    new Text('已安装的 Agent', 'installed agent'),
    'INSTALL_FAILED',
    new Text('查看主机上的 /opt/nodeman/agent', 'Look at /opt/nodeman/agent on the host'),
  ),
  init: about(
    new Text('开机启动', 'start at boot'),
    'INSTALL_FAILED',
    new Text('检查主机的服务管理器', 'Look at the service manager of the host'),
  ),
  selinux: about(
    new Text('SELinux', 'SELinux'),
    'INSTALL_FAILED',
    new Text('查看 audit.log 中的拒绝记录', 'Read what audit.log says was denied'),
  ),
} as const satisfies Record<string, CheckAbout>;

export type CheckName = keyof typeof CHECKS;

/** @returns null for a name that nobody knows */
export function checkNamed(name: string): CheckName | null {
  return Object.hasOwn(CHECKS, name) ? (name as CheckName) : null;
}
