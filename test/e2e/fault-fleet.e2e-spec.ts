import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from '../../src/simulator/faults.js';
import { fleetAddress } from '../../src/simulator/loopback.js';
import { eventually } from '../support/eventually.js';
import { FleetProcess, type Seat } from '../support/fleet-process.js';
import { endOfJob, Installation } from '../support/installation.js';
import { MemoryWatch } from '../support/memory-watch.js';
import { makeKeyPair } from '../support/real-sshd.js';
import { processesWith } from '../support/target-shell.js';

const HOSTS = 300;
const PASSWORD = 'the password of them all';
const FIRST_ADDRESS = 2_000;
const MIB = 1024 ** 2;
/** What sixty sessions at once may take before garbage is collected; floods that were kept would take four times as much. */
const MEMORY_BYTES = 256 * MIB;

interface Kind {
  faults: Fault[];
  count: number;
  /** How its installation is to end. */
  errCode: string;
  /** What its sentence speaks of. */
  says: RegExp;
}

const KINDS: readonly Kind[] = [
  { faults: ['agent-mute'], count: 4, errCode: 'WAIT_AGENT_TIMEOUT', says: /did not report/ },
  { faults: ['long-line:67108864'], count: 3, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['slow-bytes:2'], count: 4, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['agent-dies:3000'], count: 4, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['wrong-password'], count: 13, errCode: 'SSH_WRONG_PASSWORD', says: /refused the password/ },
  { faults: ['refused'], count: 14, errCode: 'SOCKET_TIMEOUT', says: /refused the connection/ },
  { faults: ['silent'], count: 10, errCode: 'SSH_LOGIN_TIMEOUT', says: /waiting for the SSH handshake/ },
  { faults: ['stuck-login'], count: 8, errCode: 'SSH_LOGIN_TIMEOUT', says: /not done within/ },
  { faults: ['endless-banner'], count: 8, errCode: 'SSH_LOGIN_EXCEPT', says: /Max greeting lines exceeded/ },
  { faults: ['no-methods'], count: 8, errCode: 'NOT_SUPPORT_AUTH_WAY', says: /it offers hostbased/ },
  { faults: ['key-change'], count: 8, errCode: 'SSH_LOGIN_KEY_ERR', says: /another host key/ },
  { faults: ['drop-after:300'], count: 6, errCode: 'UNEXPECTED_RETURN', says: /was lost/ },
  { faults: ['reset-after:900'], count: 6, errCode: 'UNEXPECTED_RETURN', says: /was lost/ },
  { faults: ['full-disk'], count: 6, errCode: 'INSTALL_FAILED', says: /no space left on device/ },
  { faults: ['no-curl'], count: 6, errCode: 'COMMAND_NOT_FOUND', says: /lacks curl/ },
  { faults: ['wrong-sum'], count: 6, errCode: 'CURL_FILE_FAILED', says: /wrong checksum/ },
  { faults: ['foreign-arch'], count: 4, errCode: 'CURL_FILE_FAILED', says: /s390x/ },
  { faults: ['slow:700'], count: 4, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['clock-skew'], count: 2, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['bad-utf8'], count: 3, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['escapes'], count: 3, errCode: 'SUCCESS', says: /Succeeded/ },
  { faults: ['escapes', 'bad-utf8', 'flood:1000000', 'slow:300'], count: 2, errCode: 'SUCCESS', says: /Succeeded/ },
];
const GOOD: Kind = { faults: [], count: 0, errCode: 'SUCCESS', says: /Succeeded/ };
/** Every tenth of them floods, 1 GiB together: a script has 30 s to start, while two cores play all the others, too. */
const FLOOD: Kind = { faults: ['flood:67108864'], count: 0, errCode: 'SUCCESS', says: /Succeeded/ };
const FAULTY = KINDS.flatMap((kind) => Array.from({ length: kind.count }, () => kind));
const OTHERS = Array.from({ length: HOSTS - FAULTY.length }, (_, index) => (index % 10 === 0 ? FLOOD : GOOD));
const FLEET = [...FAULTY, ...OTHERS];

let installation: Installation;
let fleet: FleetProcess;
let memory: MemoryWatch;
let job: any;

beforeAll(async () => {
  installation = await Installation.start({
    env: {
      LEASE_SECONDS: '15',
      WORKER_CONCURRENCY: '60',
      // Reports of so many agents on one machine would be most of its work.
      HEARTBEAT_INTERVAL_SECONDS: '60',
      WAIT_AGENT_TIMEOUT_SECONDS: '20',
      SSH_CONNECT_TIMEOUT_SECONDS: '5',
      SSH_LOGIN_TIMEOUT_SECONDS: '8',
      SSH_SILENCE_TIMEOUT_SECONDS: '30',
    },
  });
  fleet = await FleetProcess.start(
    FLEET.map(({ faults }, index) => {
      const address = fleetAddress(FIRST_ADDRESS + index);
      return {
        address,
        port: 0,
        account: 'root',
        password: PASSWORD,
        root: join(installation.folder, address),
        faults,
      };
    }),
    join(installation.folder, 'fleet.json'),
  );
  await pinOtherKeys(hostsWith('key-change'));
  const worker = await installation.startWorker();
  memory = await MemoryWatch.of(worker.pid);
  const rows = fleet.hosts.map(({ address, port }) => ({
    inner_ips: address,
    port,
    account: 'root',
    password: PASSWORD,
  }));
  const body = { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts: rows };
  const { id } = await installation.must('POST', '/api/1/tasks/', body);
  await expectExactCounts(id);
  await endOfJob(installation, id, 150_000);
  memory.stop();
  const english = installation.admin.with({ 'accept-language': 'en' });
  job = await installation.must('GET', `/api/1/tasks/${id}/`, undefined, english);
}, 240_000);

afterAll(async () => {
  memory?.stop();
  await fleet?.stop();
  await installation?.stop();
}, 60_000);

function hostsWith(fault: Fault): Seat[] {
  return fleet.hosts.filter((_host, index) => FLEET[index]!.faults.includes(fault));
}

/** As if these hosts had shown another key at an earlier time. */
async function pinOtherKeys(hosts: readonly Seat[]): Promise<void> {
  const [type, key] = (await makeKeyPair('-t', 'ed25519')).publicKey.split(' ');
  for (const { address, port } of hosts) {
    await installation.query(
      `INSERT INTO host_keys (cloud_id, address, port, key_type, public_key, fingerprint)
       VALUES (0, $1, $2, $3, $4, 'SHA256:of another key')`,
      [address, port, type, key],
    );
  }
}

/** The counts of every moment are those of its hosts. */
async function expectExactCounts(jobId: number): Promise<void> {
  await eventually(
    async () => {
      const { hosts, status_count, status, host_count } = await installation.must('GET', `/api/1/tasks/${jobId}/`);
      const count = (wanted: string) => hosts.filter((run: any) => run.status === wanted).length;
      const [success_count, failed_count] = [count('SUCCESS'), count('FAILED')];
      const running_count = HOSTS - success_count - failed_count;
      expect([host_count, status_count]).toEqual([HOSTS, { success_count, failed_count, running_count }]);
      expect(status === 'RUNNING').toBe(running_count > 0);
      return success_count + failed_count > HOSTS / 3;
    },
    { timeoutMs: 100_000, everyMs: 500 },
  );
}

/** The roots of the hosts with a supervisor of an agent; looks at the processes once, since they are many. */
async function rootsWithAgents(): Promise<Set<string>> {
  const commands = processesWith(`${installation.folder}/`).map((pid) =>
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  );
  const roots = (await Promise.all(commands)).map((text) => /([^\0]+)\/opt\/.*\/bin\/supervise\0/.exec(text)?.[1]);
  return new Set(roots.filter((root) => root !== undefined));
}

it('ends whole, each host as its fault deserves', () => {
  const seen = fleet.hosts.map(({ address }, index) => {
    const { err_code, err_code_desc } = job.hosts.find((run: any) => run.host.inner_ip === address);
    const { faults, errCode, says } = FLEET[index]!;
    const isDeserved = err_code === errCode && says.test(err_code_desc);
    return isDeserved
      ? null
      : `${address} (${faults.join(' ')}) is to be ${errCode} ${says}: ${err_code} ${err_code_desc}`;
  });
  expect(seen.filter((complaint) => complaint !== null)).toEqual([]);
});

it('counts exactly', () => {
  const success_count = FLEET.filter(({ errCode }) => errCode === 'SUCCESS').length;
  const status_count = { success_count, failed_count: HOSTS - success_count, running_count: 0 };
  expect(job).toMatchObject({ status: 'PARTIAL_SUCCESS', host_count: HOSTS, status_count });
  expect(job.hosts).toHaveLength(HOSTS);
  expect(success_count).toBeGreaterThan(HOSTS / 2);
});

it('keeps the memory of the worker flat', () => {
  expect(memory.growth).toBeLessThan(MEMORY_BYTES);
});

it('leaves no process of its own on any host', async () => {
  const mark = `NODEMAN_ROOT=${installation.folder}/`;
  await eventually(() => processesWith(mark, ['environ']).length === 0, { timeoutMs: 20_000 });
});

it('leaves no agent where it said that it installed none, and one on each of the others but the dying', async () => {
  const isInstalled = ({ errCode, faults }: Kind) =>
    (errCode === 'SUCCESS' && !faults.includes('agent-dies:3000')) || errCode === 'WAIT_AGENT_TIMEOUT';
  const expected = new Set(fleet.hosts.filter((_host, index) => isInstalled(FLEET[index]!)).map(({ root }) => root));
  await eventually(async () => {
    expect(await rootsWithAgents()).toEqual(expected);
    return true;
  });
});

it('shows nothing of what hosts said that a terminal would obey', async () => {
  for (const host of hostsWith('escapes').slice(0, 2)) {
    const { items } = await installation.must('GET', `/api/1/hosts/?ip=${host.address}`);
    const { logs } = await installation.must('GET', `/api/1/logs/${items[0].id}/`);
    expect(logs).toContain('a link');
    expect(logs).not.toMatch(/[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  }
});
