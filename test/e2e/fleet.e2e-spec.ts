import type { LabHost } from '../lab/lab-host.js';
import { createLab, type Lab } from '../lab/lab.js';
import { eventually } from '../support/eventually.js';
import { endOfJob, Installation } from '../support/installation.js';

const PATIENCE = { timeoutMs: 25_000 };
const PASSWORD = `p@ss'w"ord $HOME 密码`;
const FOREIGN_CRON_LINE = "17 3 * * * /usr/bin/true # somebody else's";

/** What cron brings, as far as a user sees it. */
const CRONTAB = `#!/bin/sh
table=/var/spool/cron/crontabs/root
case $1 in
  -l) cat "$table" 2>/dev/null || { echo "no crontab for root" >&2; exit 1; } ;;
  -r) rm "$table" ;;
  *) cat "$1" >"$table" ;;
esac
`;
/** Keeps what a spy on the host would see of the processes, from before the login on. */
const SPY =
  ': >/run/before; (while [ ! -e /run/enough ]; do ps -eo args >>/run/seen; sleep 0.02; done) >/dev/null 2>&1 &';
/** Everything that an installation could leave, on disk. */
const FILES = 'find /opt /etc /usr/local /var/spool /root /home /var/lib -xdev | sort';

let lab: Lab;
let installation: Installation;
/** How each host is logged in to. */
let rows: Record<string, unknown>[];
let filesBefore: string[];

beforeAll(async () => {
  lab = await createLab({
    hosts: Array.from({ length: 10 }, () => ({
      rootPassword: PASSWORD,
      accounts: [{ name: 'quoted', sudo: 'password' as const, password: PASSWORD }],
    })),
  });
  installation = await Installation.start({ publicAddress: lab.serverAddress });
  await installation.startWorker();
  rows = lab.hosts.map((host, index) => ({
    inner_ips: host.address,
    port: host.port,
    ...LOGINS[index % LOGINS.length]!(host),
  }));
  await onAll((host) =>
    must(
      host,
      'mkdir -p /var/spool/cron/crontabs; cat >/usr/local/bin/crontab; chmod 755 /usr/local/bin/crontab',
      CRONTAB,
    ),
  );
  await onAll((host) => must(host, 'cat >/var/spool/cron/crontabs/root', `${FOREIGN_CRON_LINE}\n`));
  await onAll((host) => must(host, SPY));
  filesBefore = await onAll((host) => must(host, FILES));
}, 120_000);

afterAll(async () => {
  await installation?.stop();
  await lab?.stop();
});

const LOGINS: ((host: LabHost) => Record<string, unknown>)[] = [
  () => ({ account: 'root', password: PASSWORD }),
  ({ privateKey }) => ({ account: 'root', auth_type: 'KEY', key: privateKey }),
  () => ({ account: 'quoted', password: PASSWORD }),
  (host) => ({ account: 'auto', password: host.account('auto').password }),
  ({ privateKey }) => ({ account: 'auto', auth_type: 'KEY', key: privateKey }),
];

function onAll<T>(work: (host: LabHost, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(lab.hosts.map(work));
}

async function must(host: LabHost, command: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await host.exec(command, input);
  if (code !== 0) throw new Error(`${host.name}: ${command}: ${stderr}`);
  return stdout;
}

async function operate(op_type: string, hosts: Record<string, unknown>[]): Promise<any> {
  const body = { op_type, node_type: 'AGENT', bk_cloud_id: '0', hosts };
  const { id } = await installation.must('POST', '/api/1/tasks/', body);
  return endOfJob(installation, id, 90_000);
}

/** The same hosts, by what is stored of them. */
const asStored = (hosts: readonly LabHost[]) => hosts.map(({ address }) => ({ inner_ips: address }));

async function expectSuccess(job: any): Promise<void> {
  const failures = job.hosts.filter((run: any) => run.status !== 'SUCCESS');
  expect(failures.map((run: any) => `${run.host.inner_ip}: ${run.err_code_desc}`)).toEqual([]);
}

async function itemOf({ address }: LabHost): Promise<any> {
  return (await installation.must('GET', `/api/1/hosts/?ip=${address}`)).items[0];
}

/** Waits until the API says this of the agents of these hosts. */
async function areAll(hosts: readonly LabHost[], status: string, version = '1.1.0'): Promise<void> {
  for (const host of hosts) {
    await eventually(
      async () => {
        const [agent] = (await itemOf(host)).status;
        if (agent.status === status && agent.version === version) return true;
        throw new Error(`${host.address} is ${JSON.stringify(agent)}`);
      },
      { timeoutMs: 20_000 },
    );
  }
}

async function pidsOf(host: LabHost, program: 'supervise' | 'agent loop'): Promise<number[]> {
  const processes = await host.processes();
  return processes.filter(({ command }) => command.includes(`/bin/${program}`)).map(({ pid }) => pid);
}

/** Waits until the agent was heard of again. */
async function reportsOnceMore(host: LabHost): Promise<void> {
  const { update_time: before } = (await itemOf(host)).status[0];
  await eventually(async () => (await itemOf(host)).status[0].update_time > before, { timeoutMs: 20_000 });
}

it('installs on ten hosts at once: by password and by key, as root and through sudo with and without a password', async () => {
  const job = await operate('INSTALL', rows);
  await expectSuccess(job);
  expect(job.status_count).toEqual({ success_count: 10, failed_count: 0, running_count: 0 });
  await areAll(lab.hosts, 'RUNNING');
  await onAll(reportsOnceMore);
  await onAll(async (host) => {
    expect(await pidsOf(host, 'supervise')).toHaveLength(1);
    const agent = (await host.processes()).filter(({ command }) => command.includes('nodeman'));
    expect(new Set(agent.map(({ user }) => user))).toEqual(new Set(['root']));
    expect(await must(host, 'stat -c "%a %U" /opt/nodeman/agent/etc/agent.conf')).toBe('600 root\n');
    expect((await must(host, 'crontab -l')).split('\n')).toEqual([
      FOREIGN_CRON_LINE,
      expect.stringMatching(/^@reboot .*\/opt\/nodeman\/agent\/current\/bin\/start # nodeman-agent$/),
      '',
    ]);
    expect(await must(host, 'find /tmp /var/tmp /home /root -newer /run/before')).toBe('');
  });
}, 120_000);

it('shows no secret in any process list of a host, nor in any log', async () => {
  const tokens = await onAll((host) => must(host, 'sed -n s/^token=//p /opt/nodeman/agent/etc/agent.conf'));
  const secrets = [PASSWORD, ...tokens.map((token) => token.trim())];
  secrets.push(...lab.hosts.map((host) => host.account('auto').password));
  const seen = await onAll((host) => must(host, ': >/run/enough; cat /run/seen'));
  expect(seen.join('\n')).toMatch(/sudo -S -p {2}sh -c/);
  const logs = await onAll(async (host) => {
    const { id } = await itemOf(host);
    return (await installation.must('GET', `/api/1/logs/${id}/`)).logs as string;
  });
  const texts = [...seen, ...logs, installation.api.log, installation.workers[0]!.log];
  for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
});

it('an agent that is killed is started again, and so is its supervisor', async () => {
  const [host] = lab.hosts as [LabHost];
  const [loop] = await pidsOf(host, 'agent loop');
  await must(host, `kill -9 ${loop}`);
  await eventually(async () => (await pidsOf(host, 'agent loop')).some((pid) => pid !== loop), PATIENCE);
  await reportsOnceMore(host);

  const [supervisor] = await pidsOf(host, 'supervise');
  await must(host, `kill -9 ${supervisor}`);
  await eventually(async () => {
    const now = await pidsOf(host, 'supervise');
    return now.length === 1 && now[0] !== supervisor;
    // A report that met a busy server is tried again only seconds later.
  }, PATIENCE);
  await reportsOnceMore(host);
  await areAll([host], 'RUNNING');
}, 60_000);

it('an agent that is gone for good, or whose host is cut off, is TERMINATED after three intervals', async () => {
  const [, gone, cutOff] = lab.hosts as [LabHost, LabHost, LabHost];
  const pids = [...(await pidsOf(gone, 'supervise')), ...(await pidsOf(gone, 'agent loop'))];
  await must(gone, `kill -9 ${pids.join(' ')}`);
  await cutOff.unplug();
  await areAll([gone, cutOff], 'TERMINATED');
  await cutOff.plugIn();
  await areAll([cutOff], 'RUNNING');
}, 60_000);

it('reinstalls by what is stored, over agents that live and one that does not; each keeps one agent, with a new token', async () => {
  const configurations = () => onAll((host) => must(host, 'cat /opt/nodeman/agent/etc/agent.conf'));
  const before = await configurations();
  await expectSuccess(await operate('REINSTALL', asStored(lab.hosts)));
  await areAll(lab.hosts, 'RUNNING');
  const after = await configurations();
  for (const [index, text] of after.entries()) expect(text).not.toBe(before[index]);
  await onAll(async (host) => {
    expect(await pidsOf(host, 'supervise')).toHaveLength(1);
    expect(await must(host, 'crontab -l | grep -c nodeman')).toBe('1\n');
  });
  await onAll(reportsOnceMore);
}, 120_000);

it('uninstalls, and leaves nothing behind: no file, no process, no line for cron', async () => {
  await expectSuccess(await operate('UNINSTALL', asStored(lab.hosts)));
  const after = await onAll((host) => must(host, FILES));
  expect(after).toEqual(filesBefore);
  await onAll(async (host) => {
    expect((await host.processes()).filter(({ command }) => !command.includes('sshd'))).toEqual([]);
    expect(await must(host, 'crontab -l')).toBe(`${FOREIGN_CRON_LINE}\n`);
    expect((await itemOf(host)).status[0]).toMatchObject({ status: 'TERMINATED' });
  });
}, 120_000);

it('removes a host with its agent, and brings it back into the list', async () => {
  const [host] = lab.hosts as [LabHost];
  await expectSuccess(await operate('INSTALL', [rows[0]!]));
  const { id } = await itemOf(host);
  await expectSuccess(await operate('REMOVE', asStored([host])));
  expect(await itemOf(host)).toBeUndefined();
  expect((await host.exec('ls /opt/nodeman')).code).not.toBe(0);
  expect(await pidsOf(host, 'supervise')).toEqual([]);
  const place = () => installation.must('GET', '/api/cmdb/1/topo/?add_hosts=1');
  expect(JSON.stringify(await place())).not.toContain(`"${host.address}"`);

  await installation.must('POST', `/api/1/hosts/${id}/restore`);
  expect(await itemOf(host)).toMatchObject({ id, has_credential: false });
  expect(JSON.stringify(await place())).toContain(`"${host.address}"`);
  await expectSuccess(await operate('INSTALL', [rows[0]!]));
  await areAll([host], 'RUNNING');
}, 60_000);
