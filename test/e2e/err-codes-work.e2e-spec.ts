import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { aCorruptingServer, aDownloadOnlyServer } from '../support/file-servers.js';
import { runAt } from '../support/installation.js';
import { aWebServer } from '../support/odd-servers.js';
import type { PuppetHost } from '../support/puppet-host.js';
import { makeKeyPair } from '../support/real-sshd.js';
import { rowOf, RunEnds } from '../support/run-ends.js';

let ends: RunEnds;
/** A host that falls silent in the middle of the script. Begun first, since it takes the longest to be noticed. */
let silent: { host: PuppetHost; jobId: number };

beforeAll(async () => {
  ends = await RunEnds.start('127.0.84');
  await ends.installation.startWorker();
  const host = await ends.aPuppet();
  const jobId = await ends.install([host.row]);
  await host.isHeld('EXECUTE_SCRIPT');
  host.machine.pauseConnections();
  silent = { host, jobId };
}, 90_000);

afterAll(() => ends?.stop());

describe('sessions that end before their time', () => {
  it('UNEXPECTED_RETURN: a host that resets, and one that kills the script', async () => {
    const [reset, killed] = [await ends.aPuppet(), await ends.aPuppet()];
    const jobId = await ends.install([reset.row, killed.row]);
    for (const host of [reset, killed]) await host.isHeld('EXECUTE_SCRIPT');
    const running = await ends.installation.must('GET', `/api/1/tasks/${jobId}/`);
    expect(running.hosts[0]).toMatchObject({ status: 'RUNNING', err_code: 'STILL_RUNNING', err_code_desc: '执行中' });

    reset.machine.resetConnections();
    for (const group of killed.machine.groups) process.kill(-group, 'SIGKILL');
    await ends.expectEnd(jobId, reset.address, {
      errCode: 'UNEXPECTED_RETURN',
      zh: /SSH 会话中断.*。原因：连接被切断.*。建议：请检查网络、主机是否重启/,
      en: /session with .* was lost.*\. Cause: The connection was cut.*\. What to do: Check the network, whether the host restarted/,
    });
    await ends.expectEnd(jobId, killed.address, {
      errCode: 'UNEXPECTED_RETURN',
      zh: /脚本意外退出（被 .*KILL 终止）.*。原因：进程被主机上的人或程序.*结束。建议：.*然后重试/,
      en: /ended unexpectedly \(killed by .*KILL\).*\. Cause: Somebody or something on the host ended it.*\. What to do: .*then retry/,
    });
    await eventually(() => [reset, killed].flatMap((host) => host.scriptProcesses()).length === 0);
  });

  it('FORCE_STOP: a running one is killed on the host, and seen to be gone', async () => {
    const host = await ends.aPuppet();
    const jobId = await ends.install([host.row]);
    await host.isHeld('EXECUTE_SCRIPT');
    expect(host.scriptProcesses().length).toBeGreaterThan(1);
    expect(await ends.installation.must('DELETE', `/api/1/tasks/${jobId}/`)).toMatchObject({ stopped: 1 });
    await ends.expectEnd(jobId, host.address, {
      errCode: 'FORCE_STOP',
      zh: /已由 admin 在步骤 EXECUTE_SCRIPT（.*）终止。主机上的进程组已结束，并已确认/,
      en: /Stopped by admin at step EXECUTE_SCRIPT .*stopped and seen to be gone/,
    });
    expect(host.scriptProcesses()).toEqual([]);
    expect(await ends.installation.must('DELETE', `/api/1/tasks/${jobId}/`)).toMatchObject({
      stopped: 0,
      already_ended: 1,
    });
  });

  it('CELERY_TASK_TIMEOUT: a run that passes the timeout setting is stopped where it stands', async () => {
    const host = await ends.aPuppet();
    await ends.installation.query(
      `INSERT INTO settings (key, value, updated_by) VALUES ('timeout', '{"seconds":3}', 'test')`,
    );
    const jobId = await ends.install([host.row]);
    await ends.expectEnd(jobId, host.address, {
      errCode: 'CELERY_TASK_TIMEOUT',
      zh: /超过了 timeout 配置的时间，停在步骤 EXECUTE_SCRIPT.*。原因：主机或网络过慢.*。建议：.*调大 timeout.*已确认/,
      en: /passed the timeout setting while at step EXECUTE_SCRIPT.*\. Cause: A slow host or network.*\. What to do: .*raise timeout.*seen to be gone/,
    });
    await ends.installation.query(`DELETE FROM settings WHERE key = 'timeout'`);
    expect(host.scriptProcesses()).toEqual([]);
  });
});

describe('what is wrong on the side of the server', () => {
  afterEach(() => ends.installation.serveFrom(ends.installation.server));

  it('CURL_FILE_FAILED: every file server of the list is tried, and each is told with its own cause', async () => {
    const [corrupt, empty] = [await aCorruptingServer(), await aWebServer('127.0.0.1')];
    ends.later(() => Promise.all([corrupt.close(), empty.stop()]));
    await ends.installation.serveFrom('127.0.0.1:1', corrupt.address, `127.0.0.1:${empty.port}`);
    const host = await ends.aSimulatedHost();
    const causes =
      '127.0.0.1:1: no connection: refused.*wrong checksum: SHA-256 is [0-9a-f]{64}.*the server answered HTTP 404';
    await ends.expectEnd(await ends.install([rowOf(host)]), host.address, {
      errCode: 'CURL_FILE_FAILED',
      zh: new RegExp(`下载安装包失败.*${causes}.*。原因：文件在传输或缓存中损坏.*。建议：.*核对文件服务器上的安装包`),
      en: new RegExp(
        `No file server gave the package.*${causes}.*\\. Cause: The file was damaged.*\\. What to do: .*compare the package`,
      ),
    });
  });

  it('WAIT_AGENT_TIMEOUT: an agent that cannot reach the server, though the package came', async () => {
    const server = await aDownloadOnlyServer(ends.installation.server);
    ends.later(() => server.close());
    await ends.installation.serveFrom(server.address);
    const host = await ends.aSimulatedHost();
    await ends.expectEnd(await ends.install([rowOf(host)]), host.address, {
      errCode: 'WAIT_AGENT_TIMEOUT',
      zh: /已安装并在运行，但 4 秒内没有上报。证据：命令 tail agent\.log，输出：.*no server takes the reports.*。原因：.*各上报地址都没有接受.*。建议：.*nginx 是否转发/,
      en: /installed and runs, but did not report within 4 s\. Evidence: command tail agent\.log, output: .*no server takes the reports.*\. Cause: The agent runs, and none of the servers takes its reports\. What to do: .*nginx passes \/api\/agent\/ on/,
    });
    expect(server.requests).toContain('POST /api/agent/heartbeat');
  });

  it('REGISTER_FAILED: the CMDB has no place for the host', async () => {
    const { ApplicationID: business } = await ends.installation.must('POST', '/api/cmdb/applications/', {
      ApplicationName: 'emptied',
    });
    await ends.installation.query('DELETE FROM cmdb_sets WHERE business_id = $1', [business]);
    const host = await ends.aSimulatedHost();
    const jobId = await ends.install([rowOf(host)], business);
    const end = {
      errCode: 'REGISTER_FAILED',
      zh: /CMDB 拒绝将主机注册到业务 \d+：业务不存在，或.*没有空闲机模块.*。原因：.*CMDB拒绝.*。建议：检查CMDB后重试/,
      en: /CMDB refused to register the host with business \d+: .*no module for new machines.*\. Cause: .*the CMDB refused.*\. What to do: Look at the CMDB, then retry/,
    };
    await ends.expectEnd(jobId, host.address, end, business);
  });

  it('CELERY_TASK_EXCEPT: something breaks on our side, with an id that is in the log of the worker', async () => {
    const host = await ends.aSimulatedHost();
    await ends.installation.query('ALTER TABLE packages RENAME TO packages_elsewhere');
    try {
      await ends.expectEnd(await ends.install([rowOf(host)]), host.address, {
        errCode: 'CELERY_TASK_EXCEPT',
        zh: /步骤 DOWNLOAD_FILE 时服务端出现异常，编号 [0-9a-f-]{36}。原因：服务端故障.*。建议：重试/,
        en: /Something failed on the server at step DOWNLOAD_FILE, id [0-9a-f-]{36}\. Cause: A fault of the server.*\. What to do: Retry/,
      });
    } finally {
      await ends.installation.query('ALTER TABLE packages_elsewhere RENAME TO packages');
    }
    const [{ en }] = await ends.installation.query(
      `SELECT err_desc ->> 'en' AS en FROM job_hosts WHERE inner_ip = $1`,
      [host.address],
    );
    const id = /id ([0-9a-f-]{36})/.exec(en)![1]!;
    expect(ends.installation.workers[0]!.log).toContain(id);
    expect(en).not.toMatch(/packages|SELECT|relation/);
  });

  it('SUCCESS: a host with nothing wrong, by password and by key', async () => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const [byPassword, byKey] = [await ends.aSimulatedHost(), await ends.aSimulatedHost({ publicKey })];
    const jobId = await ends.install([rowOf(byPassword), rowOf(byKey, ends.withKey(privateKey))]);
    for (const host of [byPassword, byKey]) {
      await ends.expectEnd(jobId, host.address, { errCode: 'SUCCESS', zh: /^成功$/, en: /^Succeeded$/ });
      const conf = await readFile(join(host.root, 'opt/nodeman/agent/etc/agent.conf'), 'utf8');
      ends.secrets.add(/^token=(.*)$/m.exec(conf)![1]!);
    }
    expect(await runAt(ends.installation, byKey.address)).toMatchObject({ attempt: 1, err_code: 'SUCCESS' });
  });
});

it('SOCKET_TIMEOUT: a host that falls silent in the middle of the script', async () => {
  const { host, jobId } = silent;
  await ends.expectEnd(jobId, host.address, {
    errCode: 'SOCKET_TIMEOUT',
    zh: /会话中失去响应（keepalive 无应答）.*。原因：网络中断，或主机死机。建议：请检查网络和主机.*未能确认主机上的进程已结束/,
    en: /stopped answering in the SSH session.*\. Cause: The network broke, or the host hangs\. What to do: Check the network.*could not be proven gone/,
  });
  host.machine.resetConnections();
  await eventually(() => host.scriptProcesses().length === 0);
}, 60_000);

it('no secret stands in any answer, table, queue or output of the processes', () => ends.expectNoSecretAnywhere());
