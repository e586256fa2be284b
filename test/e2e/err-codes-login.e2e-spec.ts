import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import { anUnansweringServer, aWebServer } from '../support/odd-servers.js';
import { makeKeyPair } from '../support/real-sshd.js';
import { type End, PASSPHRASE, type Row, rowOf, RunEnds, WRONG_PASSWORD } from '../support/run-ends.js';

let ends: RunEnds;

beforeAll(async () => {
  ends = await RunEnds.start('127.0.83');
}, 90_000);

afterAll(() => ends?.stop());

describe('a run that nobody has begun', () => {
  it('is INIT, and FORCE_STOP at once when it is stopped', async () => {
    const host = await ends.aSimulatedHost();
    const jobId = await ends.install([rowOf(host)]);
    const [zh, en] = await Promise.all(
      [ends.installation.admin, ends.english].map((client) =>
        ends.installation.must('GET', `/api/1/tasks/${jobId}/`, undefined, client),
      ),
    );
    expect(zh.hosts[0]).toMatchObject({ status: 'QUEUE', err_code: 'INIT', err_code_desc: '排队中，尚未开始' });
    expect(en.hosts[0]).toMatchObject({ step: 'INIT', err_code_desc: 'Queued, nothing done yet' });

    const stopped = await ends.installation.must('DELETE', `/api/1/tasks/${jobId}/`);
    expect(stopped).toMatchObject({ stopped: 1, already_ended: 0 });
    await ends.expectEnd(jobId, host.address, {
      errCode: 'FORCE_STOP',
      zh: /已由 admin 终止，任务尚未开始执行/,
      en: /Stopped by admin before anything was done on the host/,
    });
    expect(host.connectionCount).toBe(0);
  });
});

describe('hosts that cannot be installed on', () => {
  interface Fault extends End {
    make: (address: string) => Promise<Row>;
  }
  const simulated = async (address: string, options: Partial<SimulatedHostOptions>, login?: Row) =>
    rowOf(await ends.aSimulatedHost(options, address), login);

  const FAULTS: Record<string, Fault> = {
    'a port that refuses': {
      make: (address) => simulated(address, { faults: ['refused'] }),
      errCode: 'SOCKET_TIMEOUT',
      zh: /拒绝了连接。原因：该端口上没有服务在监听.*。建议：请检查 SSH 端口和 sshd/,
      en: /refused the connection\. Cause: Nothing listens on that port.*\. What to do: Check the SSH port and that sshd runs$/,
    },
    'an address that does not answer': {
      make: async (address) => {
        const server = await anUnansweringServer(address);
        ends.later(() => server.stop());
        return rowOf({ address, port: server.port });
      },
      errCode: 'SOCKET_TIMEOUT',
      zh: /1 秒内未能连接.*。原因：.*防火墙丢弃了报文.*。建议：请检查地址、防火墙/,
      en: /did not answer within 1 s\. Cause: .*a firewall drops the packets.*\. What to do: Check the address, the firewalls/,
    },
    'a port that accepts and says nothing': {
      make: (address) => simulated(address, { faults: ['silent'] }),
      errCode: 'SSH_LOGIN_TIMEOUT',
      zh: /2 秒内未完成 SSH 登录（等待 SSH 握手）。原因：.*sshd 过载或挂起.*。建议：请检查/,
      en: /not done within 2 s \(waiting for the SSH handshake\)\. Cause: .*says nothing.*\. What to do: Check that the port is sshd's/,
    },
    'a wrong password': {
      make: (address) => simulated(address, {}, { password: WRONG_PASSWORD }),
      errCode: 'SSH_WRONG_PASSWORD',
      zh: /拒绝了账号 root 的密码。原因：密码错误，或 sshd 不允许 root 用密码登录.*。建议：.*PermitRootLogin yes/,
      en: /refused the password of account root\. Cause: The password is wrong, or sshd does not let root in.*\. What to do: .*PermitRootLogin yes/,
    },
    'a key that is none': {
      make: (address) =>
        simulated(address, {}, ends.withKey('-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA==\n')),
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /无法读取私钥.*。原因：.*不是完整的私钥.*。建议：请提供完整的 OpenSSH、PEM/,
      en: /private key cannot be read.*\. Cause: .*no whole private key.*\. What to do: Give the whole private key/,
    },
    'a key with a passphrase': {
      make: async (address) =>
        simulated(address, {}, ends.withKey((await makeKeyPair('-t', 'ed25519', '-N', PASSPHRASE)).privateKey)),
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /私钥已加密，需要口令。原因：.*。建议：请提供不带口令的私钥/,
      en: /encrypted and needs a passphrase\. Cause: .*which we do not have\. What to do: Give a key without one/,
    },
    'a key that the host does not know': {
      make: async (address) => {
        const [known, other] = [await makeKeyPair('-t', 'ed25519'), await makeKeyPair('-t', 'ed25519')];
        return simulated(address, { publicKey: known.publicKey }, ends.withKey(other.privateKey));
      },
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /拒绝了账号 root 的密钥 .*SHA256:\S+。原因：公钥未被该账号授权.*。建议：请检查对应的公钥/,
      en: /refused key .*SHA256:\S+ for account root\. Cause: The key is not authorized.*\. What to do: .*authorized_keys/,
    },
    'a host that takes keys only': {
      make: (address) => simulated(address, { methods: ['publickey'] }),
      errCode: 'NOT_SUPPORT_AUTH_WAY',
      zh: /不支持所用的认证方式：服务器提供 publickey.*。原因：sshd 只接受密钥登录.*。建议：请改用密钥登录/,
      en: /it offers publickey, we hold a password\. Cause: sshd takes keys only.*\. What to do: Log in by key/,
    },
    'a port that speaks no SSH': {
      make: async (address) => {
        const server = await aWebServer(address);
        ends.later(() => server.stop());
        return rowOf({ address, port: server.port });
      },
      errCode: 'SSH_LOGIN_EXCEPT',
      zh: /SSH 通信失败：.*HTTP\/1\.1 400.*。原因：该端口上是别的服务，不是 SSH。建议：更正 SSH 端口/,
      en: /SSH with .* failed: .*it said: HTTP\/1\.1 400.*\. Cause: Something else than SSH is on that port\. What to do: Correct the SSH port/,
    },
    'a host without tar': {
      make: async (address) => {
        const commands = join(ends.installation.folder, `${address}-commands`);
        await mkdir(commands);
        const all = (await readdir('/usr/bin')).filter((name) => !/^(tar|bsdtar)$/.test(name));
        await Promise.all(all.map((name) => symlink(join('/usr/bin', name), join(commands, name))));
        return simulated(address, { env: { PATH: commands } });
      },
      errCode: 'COMMAND_NOT_FOUND',
      zh: /目标主机缺少命令：this host lacks tar.*。原因：系统精简.*。建议：安装日志中列出的命令后重试/,
      en: /lacks a command.*this host lacks tar.*\. Cause: A minimal system.*\. What to do: Install the commands that the log names/,
    },
    'a file where the agent is to be': {
      make: async (address) => {
        const row = await simulated(address, {});
        const home = join(ends.installation.folder, address, 'opt/nodeman/agent');
        await mkdir(home, { recursive: true });
        await writeFile(join(home, 'versions'), 'somebody left this here');
        return row;
      },
      errCode: 'INSTALL_FAILED',
      zh: /脚本执行失败：cannot make .*versions.*。原因：.*已有一个同名文件。建议：移走日志中指出的文件后重试/,
      en: /script said that it failed.*cannot make .*versions.*\. Cause: A file stands where a folder.*\. What to do: Move the file/,
    },
  };
  const addresses = new Map<string, string>();
  let jobId = 0;

  beforeAll(async () => {
    await ends.installation.startWorker();
    const rows = await Promise.all(
      Object.entries(FAULTS).map(([name, { make }]) => {
        addresses.set(name, ends.nextAddress());
        return make(addresses.get(name)!);
      }),
    );
    jobId = await ends.install(rows);
  }, 60_000);

  it.each(Object.entries(FAULTS).map(([name, fault]) => [fault.errCode, name, fault] as const))(
    '%s: %s',
    (_errCode, name, fault) => ends.expectEnd(jobId, addresses.get(name)!, fault),
    60_000,
  );

  it('SSH_LOGIN_KEY_ERR: a host that was set up anew is shown no password', async () => {
    const host = await ends.aSimulatedHost();
    const first = await ends.install([rowOf(host, { password: WRONG_PASSWORD })]);
    await ends.expectEnd(first, host.address, {
      errCode: 'SSH_WRONG_PASSWORD',
      zh: /拒绝了账号 root 的密码。原因：/,
      en: /refused the password of account root\. Cause: /,
    });
    await host.disconnect();
    await rm(join(host.root, 'etc/ssh'), { recursive: true });
    const again = await ends.aSimulatedHost({ port: host.port }, host.address);

    const second = await ends.install([rowOf(again)]);
    await ends.expectEnd(second, host.address, {
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /主机密钥与首次连接时不同（已固定 .*SHA256:.*，现在 .*SHA256:.*未发送任何凭据。原因：主机已重装.*。建议：.*DELETE \/api\/1\/hosts\/\d+\/host_keys\//,
      en: /shows another host key than at the first connection \(pinned .*, now .*\); no credential was sent\. Cause: The host was set up anew.*\. What to do: .*DELETE \/api\/1\/hosts\/\d+\/host_keys\//,
    });
    expect(again.connectionCount).toBeGreaterThan(0);
    expect(again.loginAttempts).toEqual([]);
  });

  it('none of them keeps the others from their own end', async () => {
    const job = await ends.installation.must('GET', `/api/1/tasks/${jobId}/`);
    const failed = Object.keys(FAULTS).length;
    expect(job).toMatchObject({ status: 'FAILED', status_count: { failed_count: failed, running_count: 0 } });
  });
});

it('no secret stands in any answer, table, queue or output of the processes', () => ends.expectNoSecretAnywhere());
