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
      zh: /拒绝了连接.*请检查 SSH 端口和 sshd/,
      en: /refused the connection.*Check the SSH port and that sshd runs/,
    },
    'an address that does not answer': {
      make: async (address) => {
        const server = await anUnansweringServer(address);
        ends.later(() => server.stop());
        return rowOf({ address, port: server.port });
      },
      errCode: 'SOCKET_TIMEOUT',
      zh: /1 秒内未能连接.*请检查地址、防火墙/,
      en: /did not answer within 1 s.*Check the address, the firewalls/,
    },
    'a port that accepts and says nothing': {
      make: (address) => simulated(address, { faults: ['silent'] }),
      errCode: 'SSH_LOGIN_TIMEOUT',
      zh: /2 秒内未完成 SSH 登录（等待 SSH 握手）.*请检查/,
      en: /not done within 2 s \(waiting for the SSH handshake\).*Check that the port is sshd's/,
    },
    'a wrong password': {
      make: (address) => simulated(address, {}, { password: WRONG_PASSWORD }),
      errCode: 'SSH_WRONG_PASSWORD',
      zh: /拒绝了账号 root 的密码.*请检查账号和密码/,
      en: /refused the password of account root.*Check account and password/,
    },
    'a key that is none': {
      make: (address) =>
        simulated(address, {}, ends.withKey('-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA==\n')),
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /无法读取私钥.*请提供完整的 OpenSSH、PEM/,
      en: /private key cannot be read.*Give the whole private key/,
    },
    'a key with a passphrase': {
      make: async (address) =>
        simulated(address, {}, ends.withKey((await makeKeyPair('-t', 'ed25519', '-N', PASSPHRASE)).privateKey)),
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /私钥已加密，需要口令.*请提供不带口令的私钥/,
      en: /encrypted and needs a passphrase.*Give a key without one/,
    },
    'a key that the host does not know': {
      make: async (address) => {
        const [known, other] = [await makeKeyPair('-t', 'ed25519'), await makeKeyPair('-t', 'ed25519')];
        return simulated(address, { publicKey: known.publicKey }, ends.withKey(other.privateKey));
      },
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /拒绝了账号 root 的密钥 .*SHA256:.*请检查对应的公钥/,
      en: /refused key .*SHA256:.* for account root.*authorized_keys/,
    },
    'a host that takes keys only': {
      make: (address) => simulated(address, { methods: ['publickey'] }),
      errCode: 'NOT_SUPPORT_AUTH_WAY',
      zh: /不支持所用的认证方式：服务器提供 publickey.*请修改认证方式/,
      en: /it offers publickey, we hold a password.*Change the way to log in/,
    },
    'a port that speaks no SSH': {
      make: async (address) => {
        const server = await aWebServer(address);
        ends.later(() => server.stop());
        return rowOf({ address, port: server.port });
      },
      errCode: 'SSH_LOGIN_EXCEPT',
      zh: /SSH 通信失败.*请检查该端口是否为 sshd/,
      en: /SSH with .* failed.*Check that the port is sshd's/,
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
      zh: /目标主机缺少命令.*lacks tar.*安装日志中列出的命令后重试/,
      en: /lacks a command.*this host lacks tar.*Install the commands that the log names/,
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
      zh: /脚本执行失败.*cannot make .*versions.*按日志中的原因处理后重试/,
      en: /script said that it failed.*cannot make .*versions.*Mend what the log names, then retry/,
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
    await ends.expectEnd(first, host.address, { errCode: 'SSH_WRONG_PASSWORD', zh: /密码/, en: /password/ });
    await host.disconnect();
    await rm(join(host.root, 'etc/ssh'), { recursive: true });
    const again = await ends.aSimulatedHost({ port: host.port }, host.address);

    const second = await ends.install([rowOf(again)]);
    await ends.expectEnd(second, host.address, {
      errCode: 'SSH_LOGIN_KEY_ERR',
      zh: /主机密钥与首次连接时不同（已固定 .*SHA256:.*，现在 .*SHA256:.*未发送任何凭据.*DELETE \/api\/1\/hosts\/\d+\/host_keys\//,
      en: /shows another host key than at the first connection \(pinned .*, now .*\); no credential was sent.*DELETE \/api\/1\/hosts\/\d+\/host_keys\//,
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
