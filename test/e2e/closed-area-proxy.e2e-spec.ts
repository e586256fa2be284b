import type { LabHost } from '../lab/lab-host.js';
import { ClosedArea, on } from '../support/closed-area.js';
import { eventually } from '../support/eventually.js';

/** What a proxy goes through: a strict sshd, broken sessions, a pulled cable, another host key, its end. */
let area: ClosedArea;
let first: LabHost;
let second: LabHost;

beforeAll(async () => {
  const sshd = ['MaxStartups 3:100:3', 'MaxSessions 2', 'ClientAliveInterval 1'];
  area = await ClosedArea.start({ doors: 2, hosts: 6, sshd });
  [first, second] = area.doors as [LabHost, LabHost];
  await area.operate(
    'INSTALL',
    'PROXY',
    area.doors.map((door) => area.rowOf(door)),
  );
}, 120_000);

afterAll(async () => {
  await area?.stop();
});

const countsAre = (total: number, valid: number) =>
  eventually(async () => (await area.proxyCounts()).join() === `${total},${valid}`, { timeoutMs: 20_000 });

/** Makes the hosts wait at the unpacking until they are let go. */
async function hold(hosts: readonly LabHost[]): Promise<void> {
  const shim = '#!/bin/sh\nwhile [ -e /run/hold ]; do : >/run/held; sleep 0.1; done\nexec /usr/bin/tar "$@"\n';
  for (const host of hosts) {
    await on(host, 'cat >/usr/local/bin/tar && chmod 755 /usr/local/bin/tar && : >/run/hold', shim);
  }
}

it('takes as few logins at a time as a strict sshd wants', async () => {
  await area.operate(
    'INSTALL',
    'PAGENT',
    area.hosts.map((host) => area.rowOf(host)),
  );
  for (const door of area.doors) {
    expect(await on(door, "grep -ciE 'drop connection|no more sessions|MaxStartups' /var/log/sshd.log || true")).toBe(
      '0\n',
    );
  }
}, 120_000);

it('loses its sessions, as the other one does, and no run ends of that', async () => {
  await hold(area.hosts);
  const jobId = await area.submit('REINSTALL', 'PAGENT', area.hosts.map(ClosedArea.named));
  for (const host of area.hosts)
    await eventually(() => on(host, 'test -e /run/held').then(() => true), { timeoutMs: 30_000 });
  for (const door of area.doors) await on(door, "pkill -KILL -f '^sshd: root'");
  const retold = async (host: LabHost) => {
    const log = await area.logOf(host);
    return log.includes('this step is done again') || Promise.reject(new Error(log));
  };
  for (const host of area.hosts) await eventually(() => retold(host), { timeoutMs: 30_000 });
  for (const host of area.hosts) await on(host, 'rm /run/hold');
  await area.success(jobId);
  await countsAre(2, 2);
}, 120_000);

it('counts as usable only while its cable is plugged in', async () => {
  await first.unplug();
  await countsAre(2, 1);
  await area.operate('REINSTALL', 'PAGENT', area.hosts.slice(0, 2).map(ClosedArea.named));
  expect(await area.logOf(area.hosts[0]!)).toContain(`Through proxy ${second.areaAddress}`);
  await first.plugIn();
  await countsAre(2, 2);
}, 120_000);

it('is not believed when it shows another host key', async () => {
  await on(first, 'cp -a /etc/lab/host_key /etc/lab/host_key.before');
  await on(first, 'rm /etc/lab/host_key && ssh-keygen -q -t ed25519 -N "" -f /etc/lab/host_key');
  await first.stopSshd();
  await first.startSshd();
  await countsAre(2, 1);
  const [door] = await area.installation.query<{ ssh_error: { en: string } }>(
    `SELECT p.ssh_error FROM proxies p JOIN hosts h ON h.id = p.host_id WHERE host(h.inner_ip) = $1`,
    [first.areaAddress],
  );
  expect(door?.ssh_error.en).toMatch(/another host key.*no credential was sent/);
  await on(first, 'mv /etc/lab/host_key.before /etc/lab/host_key');
  await first.stopSshd();
  await first.startSshd();
  await countsAre(2, 2);
}, 60_000);

it('is none any more once it is uninstalled, and the way through it is shut', async () => {
  await area.operate('UNINSTALL', 'PROXY', [ClosedArea.named(first)]);
  expect(await on(first, 'cat /root/.ssh/authorized_keys')).not.toContain('port-forwarding');
  const left = await area.installation.query<{ address: string }>(
    'SELECT host(h.inner_ip) AS address FROM proxies p JOIN hosts h ON h.id = p.host_id',
  );
  expect(left).toEqual([{ address: second.areaAddress }]);
  expect((await area.proxyCounts())[1]).toBe(1);
  await area.operate('REINSTALL', 'PAGENT', [ClosedArea.named(area.hosts[5]!)]);
}, 120_000);
