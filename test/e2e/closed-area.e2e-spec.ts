import { connect } from 'node:net';
import type { LabHost } from '../lab/lab-host.js';
import { ClosedArea, on } from '../support/closed-area.js';
import { eventually } from '../support/eventually.js';

/** A proxy serves its area here. */
const PORT = 17_980;
const HOSTS = 20;

let area: ClosedArea;
/** Two proxies at first, and one more that replaces the first. */
let first: LabHost;
let second: LabHost;
let third: LabHost;
let keysBefore: string;

beforeAll(async () => {
  area = await ClosedArea.start({ doors: 3, hosts: HOSTS });
  [first, second, third] = area.doors as [LabHost, LabHost, LabHost];
  keysBefore = await on(second, 'cat /home/ops/.ssh/authorized_keys');
}, 120_000);

afterAll(async () => {
  await area?.stop();
});

const asOps = (host: LabHost) => area.rowOf(host, { account: 'ops', password: host.account('ops').password });
const inside = (host: LabHost) => `${host.areaAddress}:${PORT}`;

it('has no route into the area', async () => {
  const outcome = await new Promise((resolve) => {
    const socket = connect({ host: area.hosts[0]!.address, port: 22 });
    socket.once('connect', () => resolve('connected')).once('error', ({ message }) => resolve(message));
  });
  expect(outcome).toMatch(/EHOSTUNREACH|ENETUNREACH/);
});

it('takes no PAGENT before there is a proxy', async () => {
  const refusal = await area.refusalOf('INSTALL', 'PAGENT', [area.rowOf(area.hosts[0]!)]);
  expect(refusal.code).toBe('VALIDATE_ERROR');
  expect(JSON.stringify(refusal.messages)).toContain('当前云区域没有可用的PROXY');
});

it('makes two proxies, one as root, one by sudo', async () => {
  await area.operate('INSTALL', 'PROXY', [area.rowOf(first), asOps(second)]);
  expect(await area.proxyCounts()).toEqual([2, 2]);
}, 120_000);

it('has put its own key into the login account, for passing through only', async () => {
  const keys = await on(second, 'cat /home/ops/.ssh/authorized_keys');
  expect(keys).toContain(keysBefore);
  expect(keys).toMatch(/^restrict,port-forwarding\S* ssh-ed25519 AAAA/m);
  expect(await on(second, 'stat -c "%a %U" /home/ops/.ssh/authorized_keys')).toBe('600 ops\n');
  expect(await on(first, 'cat /root/.ssh/authorized_keys')).toMatch(/^restrict,port-forwarding/m);
});

it('runs an nginx of its own for the area only', async () => {
  const listening = await on(first, "ss -Hltn | awk '{print $4}'");
  expect(listening).toContain(inside(first));
  expect(listening).not.toMatch(new RegExp(`(0\\.0\\.0\\.0|\\*|${first.address}):${PORT}`));
  const masters = (await first.processes()).filter(({ command }) => command.startsWith('nginx: master'));
  expect(masters).toEqual([expect.objectContaining({ command: expect.stringContaining('/opt/nodeman/') })]);
  await eventually(async () => {
    const { status } = await area.item(first.areaAddress!);
    return status.some((each: any) => each.type === 'plugin' && each.name === 'nginx' && each.status === 'RUNNING');
  });
});

it(`installs ${HOSTS} hosts behind them, though one proxy loses its power in the middle`, async () => {
  const jobId = await area.submit(
    'INSTALL',
    'PAGENT',
    area.hosts.map((host) => area.rowOf(host)),
  );
  await eventually(async () => (await at(jobId, 'EXECUTE_JOB')).length > 0, { timeoutMs: 30_000, everyMs: 20 });
  await first.kill();
  await area.success(jobId);
  const logs = await Promise.all(area.hosts.map((host) => area.logOf(host)));
  for (const log of logs) expect(log).toMatch(/Through proxy/);
  expect(logs.some((log) => log.includes(second.areaAddress!))).toBe(true);
}, 180_000);

async function at(jobId: number, step: string): Promise<unknown[]> {
  return area.installation.query('SELECT id FROM job_hosts WHERE job_id = $1 AND step = $2', [jobId, step]);
}

it('tells that one proxy is left', async () => {
  await eventually(async () => (await area.proxyCounts()).join() === '2,1');
});

it('lets the hosts report through the proxy that is left', async () => {
  await area.haveReported(area.hosts);
  await eventually(async () => (await serversOf(area.hosts[0]!))[0] === inside(second), { timeoutMs: 20_000 });
}, 60_000);

/** Where an agent reports to, as the server told it last. */
async function serversOf(host: LabHost): Promise<string[]> {
  const home = '/opt/nodeman/agent';
  const text = await on(host, `cat ${home}/run/learned ${home}/etc/agent.conf 2>/dev/null | grep -m1 ^servers=`);
  return text.trim().replace('servers=', '').split(' ');
}

it('replaces the dead proxy, and the agents learn of the new one', async () => {
  await area.operate('REMOVE', 'PROXY', [ClosedArea.named(first)]);
  await area.operate('INSTALL', 'PROXY', [area.rowOf(third)]);
  expect(await area.proxyCounts()).toEqual([2, 2]);
  for (const host of area.hosts) {
    await eventually(async () => (await serversOf(host)).join() === [inside(second), inside(third)].join(), {
      timeoutMs: 20_000,
    });
  }
}, 120_000);

it('keeps the package on the proxy', async () => {
  await area.operate('REINSTALL', 'PAGENT', area.hosts.slice(0, 3).map(ClosedArea.named));
  const cached = await on(second, "find /opt/nodeman/agent/plugins/nginx -path '*cache*' -type f | wc -l");
  expect(cached).toBe('1\n');
}, 120_000);

it('needs no password for the way through, nor the account as it was', async () => {
  await on(second, "echo 'ops:another password' | chpasswd");
  await third.stopSshd();
  await eventually(async () => (await area.proxyCounts()).join() === '2,1');
  await area.operate('REINSTALL', 'PAGENT', [ClosedArea.named(area.hosts[3]!)]);
  await third.startSshd();
  await eventually(async () => (await area.proxyCounts()).join() === '2,2');
}, 120_000);

it('leaves no secret on proxies and hosts', async () => {
  const secrets = [...area.doors, ...area.hosts].map(({ rootPassword }) => rootPassword);
  const patterns = `${secrets.join('\n')}\n`;
  for (const host of [second, third, area.hosts[0]!]) {
    await on(host, 'cat >/run/patterns', patterns);
    const files = 'find /opt/nodeman /root /home /tmp /var/tmp /run -xdev -type f -not -path /run/patterns -print0';
    const found = await on(host, `${files} | xargs -0 grep -lFf /run/patterns || true`);
    const inProc = await on(
      host,
      'for each in /proc/[0-9]*; do cat $each/cmdline $each/environ; done 2>/dev/null | tr "\\0" "\\n" | grep -cFf /run/patterns || true',
    );
    expect([host.name, found, inProc]).toEqual([host.name, '', '0\n']);
  }
});

it('refuses to take the last proxies away while hosts are behind them', async () => {
  const refusal = await area.refusalOf('UNINSTALL', 'PROXY', [second, third].map(ClosedArea.named));
  expect(refusal.code).toBe('VALIDATE_ERROR');
  expect(JSON.stringify(refusal.messages)).toContain('不能卸载或移除最后一台PROXY');
});

it('uninstalls a host whose password is gone, by its own agent', async () => {
  const host = area.hosts[4]!;
  await area.installation.query(
    'DELETE FROM credentials WHERE host_id = (SELECT id FROM hosts WHERE inner_ip = $1::inet AND removed_at IS NULL)',
    [host.address],
  );
  await area.operate('UNINSTALL', 'PAGENT', [ClosedArea.named(host)]);
  expect(await host.processes()).not.toContainEqual(
    expect.objectContaining({ command: expect.stringContaining('nodeman') }),
  );
  await on(host, 'test ! -e /opt/nodeman/agent');
}, 120_000);

it('takes away the hosts, then the proxies, and leaves nothing', async () => {
  await area.operate('REMOVE', 'PAGENT', area.hosts.map(ClosedArea.named));
  // The password of one was changed meanwhile: its own agent does it, once the credential is known to be of no use.
  await area.installation.query(
    'DELETE FROM credentials WHERE host_id = (SELECT id FROM hosts WHERE inner_ip = $1::inet AND removed_at IS NULL)',
    [second.areaAddress],
  );
  await area.operate('REMOVE', 'PROXY', [second, third].map(ClosedArea.named));
  for (const host of [second, third, ...area.hosts]) {
    const left = (await host.processes()).filter(({ command }) => /nodeman|nginx/.test(command));
    expect([host.name, left, await on(host, 'ls -d /opt/nodeman 2>&1 || true')]).toEqual([
      host.name,
      [],
      expect.stringContaining('No such file'),
    ]);
  }
  expect(await on(second, 'cat /home/ops/.ssh/authorized_keys')).toBe(keysBefore);
}, 180_000);
