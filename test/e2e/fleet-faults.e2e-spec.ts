import type { LabHost } from '../lab/lab-host.js';
import { createLab, type Lab } from '../lab/lab.js';
import { eventually } from '../support/eventually.js';
import { type End, type Row, RunEnds } from '../support/run-ends.js';

interface Fault extends End {
  /** Makes the host what it is to be, and says how it is logged in to. */
  make: (host: LabHost) => Promise<Row>;
}

const asRoot = ({ rootPassword }: LabHost): Row => ({ account: 'root', password: rootPassword });
const as = (host: LabHost, name: string): Row => ({ account: name, password: host.account(name).password });

/** What is on the host before its first installation: an empty file system of this kind, where the agent is to live. */
const mounted = (options: string) => async (host: LabHost) => {
  await must(host, `mkdir -p /opt/nodeman/agent && mount -t tmpfs -o ${options} tmpfs /opt/nodeman/agent`);
  return asRoot(host);
};

/** What only a real sshd, a real sudo and a real file system can do. */
const FAULTS: Record<string, Fault> = {
  'sudo refuses the password that sshd took': {
    make: async (host) => {
      await must(
        host,
        "echo 'Defaults:ops rootpw, passwd_tries=3' >/etc/sudoers.d/other && chmod 440 /etc/sudoers.d/other",
      );
      return as(host, 'ops');
    },
    errCode: 'SSH_WRONG_PASSWORD',
    zh: /sudo 拒绝了账号 ops 的密码。证据：命令 sudo -S true，退出码 1，输出：.*incorrect password.*。原因：sudo 要的不是该登录密码.*。建议：请检查密码，或为该账号配置 NOPASSWD/,
    en: /sudo refused the password of account ops\. Evidence: command sudo -S true, exit code 1, output: .*incorrect password.*\. Cause: sudo wants another password.*\. What to do: Check the password, or give the account NOPASSWD/,
  },
  'sudo wants a password, and we hold a key': {
    make: async ({ privateKey }) => ({ account: 'ops', ...ends.withKey(privateKey) }),
    errCode: 'NOT_SUPPORT_AUTH_WAY',
    zh: /sudo 需要账号 ops 的密码，而我们只有密钥。证据：命令 sudo -n true.*a password is required。原因：sudo 要求密码.*。建议：.*NOPASSWD/,
    en: /sudo wants the password of account ops, and we hold a key only\. Evidence: command sudo -n true.*a password is required\. Cause: sudo asks for a password.*\. What to do: .*NOPASSWD/,
  },
  'an account that may not become root': {
    make: async (host) => as(host, 'plain'),
    errCode: 'INSTALL_FAILED',
    zh: /账号 plain 不能用 sudo 成为 root。证据：.*not in the sudoers file.*。原因：该账号没有 sudo 权限。建议：请将其加入 sudoers（plain ALL/,
    en: /plain cannot become root by sudo\. Evidence: .*not in the sudoers file.*\. Cause: The account may not use sudo\. What to do: Add it to sudoers \(plain ALL=.*or use the root account/,
  },
  'sudo that wants a terminal': {
    make: async (host) => {
      await must(host, "echo 'Defaults:ops requiretty' >/etc/sudoers.d/other && chmod 440 /etc/sudoers.d/other");
      return as(host, 'ops');
    },
    errCode: 'INSTALL_FAILED',
    zh: /账号 ops 不能用 sudo 成为 root。证据：.*must have a tty to run sudo。原因：.*requiretty.*。建议：.*Defaults:ops !requiretty/,
    en: /ops cannot become root by sudo\. Evidence: .*must have a tty to run sudo\. Cause: requiretty in sudoers.*\. What to do: Add Defaults:ops !requiretty/,
  },
  'an account whose shell is nologin': {
    make: async (host) => {
      await must(host, "sed -i 's#^\\(plain:.*:\\)[^:]*$#\\1/usr/sbin/nologin#' /etc/passwd");
      return as(host, 'plain');
    },
    errCode: 'INSTALL_FAILED',
    zh: /账号 plain 不能用 sudo 成为 root。证据：.*currently not available。原因：该账号的登录 shell 是 nologin.*。建议：.*usermod -s \/bin\/sh plain/,
    en: /plain cannot become root by sudo\. Evidence: .*currently not available\. Cause: The account's shell is nologin.*\. What to do: Run usermod -s \/bin\/sh plain/,
  },
  'sshd that takes no passwords': {
    make: async (host) => {
      await host.stopSshd();
      await must(host, "sed -i '1i PasswordAuthentication no' /etc/lab/sshd_config");
      await host.startSshd();
      return asRoot(host);
    },
    errCode: 'NOT_SUPPORT_AUTH_WAY',
    zh: /不支持所用的认证方式：服务器提供 publickey.*。原因：sshd 只接受密钥登录/,
    en: /it offers publickey, we hold a password\. Cause: sshd takes keys only.*\. What to do: Log in by key/,
  },
  'a wrong password': {
    make: async () => ({ account: 'root', password: 'not that of the root here' }),
    errCode: 'SSH_WRONG_PASSWORD',
    zh: /拒绝了账号 root 的密码。原因：.*。建议：.*PermitRootLogin/,
    en: /refused the password of account root\. Cause: .*\. What to do: .*PermitRootLogin/,
  },
  'sshd that does not run': {
    make: async (host) => {
      await host.stopSshd();
      return asRoot(host);
    },
    errCode: 'SOCKET_TIMEOUT',
    zh: /拒绝了连接。原因：该端口上没有服务在监听.*。建议：请检查 SSH 端口/,
    en: /refused the connection\. Cause: Nothing listens.*\. What to do: Check the SSH port/,
  },
  'a cable that is pulled': {
    make: async (host) => {
      await host.unplug();
      return asRoot(host);
    },
    errCode: 'SOCKET_TIMEOUT',
    zh: /(未能连接|无法到达).*。原因：.*。建议：请检查地址/,
    en: /(did not answer within|cannot be reached).*\. Cause: .*\. What to do: Check the address/,
  },
  'a full disk': {
    make: mounted('size=4k'),
    errCode: 'INSTALL_FAILED',
    zh: /脚本执行失败.*no space left on device.*。原因：磁盘已满。建议：用 df -h/,
    en: /no space left on device at .*\. Cause: The disk is full\. What to do: Look with df -h/,
  },
  'a disk that starts no programs': {
    make: mounted('noexec'),
    errCode: 'INSTALL_FAILED',
    zh: /脚本执行失败.*mounted noexec.*。原因：.*以 noexec 挂载.*。建议：执行 mount -o remount,exec/,
    en: /programs cannot be started from \/opt\/nodeman\/agent: its file system is mounted noexec.*\. Cause: .*\. What to do: Run mount -o remount,exec/,
  },
  'a disk that nobody may write to': {
    make: mounted('ro'),
    errCode: 'INSTALL_FAILED',
    zh: /脚本执行失败.*[Rr]ead-only file system.*。原因：文件系统是只读的.*。建议：查看 dmesg/,
    en: /[Rr]ead-only file system.*\. Cause: The file system is read-only.*\. What to do: See in dmesg/,
  },
};

let lab: Lab;
let ends: RunEnds;
const hosts = new Map<string, LabHost>();
let jobId: number;

beforeAll(async () => {
  const names = Object.keys(FAULTS);
  lab = await createLab({ hosts: names.length + 1 });
  ends = await RunEnds.start('', { publicAddress: lab.serverAddress, env: { SSH_CONNECT_TIMEOUT_SECONDS: '2' } });
  await ends.installation.startWorker();
  const rows: Row[] = [];
  for (const [index, name] of names.entries()) {
    const host = lab.hosts[index]!;
    hosts.set(name, host);
    for (const password of [host.rootPassword, ...host.accounts.map((account) => account.password)])
      ends.secrets.add(password);
    rows.push({ inner_ips: host.address, port: host.port, ...(await FAULTS[name]!.make(host)) });
  }
  jobId = await ends.install(rows);
}, 120_000);

afterAll(async () => {
  await ends?.stop();
  await lab?.stop();
});

async function must(host: LabHost, command: string): Promise<void> {
  const { code, stderr } = await host.exec(command);
  if (code !== 0) throw new Error(`${host.name}: ${command}: ${stderr}`);
}

it.each(Object.entries(FAULTS).map(([name, fault]) => [fault.errCode, name, fault] as const))(
  '%s: %s',
  (_errCode, name, fault) => ends.expectEnd(jobId, hosts.get(name)!.address, fault),
  60_000,
);

it('the words of sudo stand in the log before the sentence, since no script has printed them', async () => {
  const { host } = await ends.runOf(jobId, hosts.get('an account that may not become root')!.address);
  const path = `/api/1/logs/${host.id}/?job_id=${jobId}`;
  const { logs } = await ends.installation.must('GET', path, undefined, ends.english);
  const lines: string[] = logs.split('\r\n');
  expect(lines.at(-2)).toMatch(/\[SSH_LOGIN\] .*plain is not in the sudoers file/);
  expect(lines.at(-1)).toMatch(/\[OVER_FAILED\] .*plain cannot become root by sudo/);
});

it('a wrong password is shown to sshd once: more would lock the account', async () => {
  const { stdout } = await hosts.get('a wrong password')!.exec("grep -c 'Failed password for root' /var/log/sshd.log");
  expect(stdout).toBe('1\n');
});

it('leaves no process of its own where it failed', async () => {
  for (const [name, host] of hosts) {
    const left = (await host.processes()).filter(({ command }) => !command.includes('sshd'));
    expect([name, left]).toEqual([name, []]);
  }
});

describe('a run by sudo that is ended in the middle of the script', () => {
  const sleepers = async () => {
    const processes = await lab.hosts.at(-1)!.processes();
    return processes.filter(({ command, user }) => command === 'sleep 1000' && user === 'root');
  };

  /** An installation that gets as far as its `tar`, which never ends. */
  async function install(): Promise<number> {
    const host = lab.hosts.at(-1)!;
    await must(host, "printf '#!/bin/sh\\nsleep 1000\\n' >/usr/local/bin/tar && chmod 755 /usr/local/bin/tar");
    const id = await ends.install([{ inner_ips: host.address, port: host.port, ...as(host, 'ops') }]);
    await eventually(async () => (await sleepers()).length === 1, { timeoutMs: 20_000 });
    return id;
  }

  it('FORCE_STOP: the process group is killed, and seen to be gone', async () => {
    const id = await install();
    await ends.installation.must('DELETE', `/api/1/tasks/${id}/`);
    await ends.expectEnd(id, lab.hosts.at(-1)!.address, {
      errCode: 'FORCE_STOP',
      zh: /已由 admin 在步骤 EXECUTE_SCRIPT.*终止.*已确认/,
      en: /Stopped by admin at step EXECUTE_SCRIPT .*stopped and seen to be gone/,
    });
    expect(await sleepers()).toEqual([]);
  }, 60_000);

  it('kill -9 of the worker: the script ends itself with its session, and another worker goes on', async () => {
    const host = lab.hosts.at(-1)!;
    const id = await install();
    await ends.installation.workers[0]!.kill9();
    await eventually(async () => (await host.processes()).every(({ command }) => !/sleep|sudo|sh -c/.test(command)));
    await must(host, 'rm /usr/local/bin/tar');
    await ends.installation.startWorker();
    await ends.expectEnd(id, host.address, { errCode: 'SUCCESS', zh: /成功/, en: /Succeeded/ });
  }, 60_000);
});

it('no secret stands in any answer, table, queue or output of the processes', () => ends.expectNoSecretAnywhere());
