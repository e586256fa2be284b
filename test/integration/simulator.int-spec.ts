import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFleet, type Fleet } from '../../src/simulator/fleet.js';
import { fleetAddress, supportsLoopbackRange } from '../../src/simulator/loopback.js';
import type { SimulatedHost, SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import type { SshSession } from '../../src/ssh/ssh-session.js';
import { eventually } from '../support/eventually.js';
import { closeSessions, connect, patiently } from '../support/ssh.js';

let folder: string;
const fleets: Fleet[] = [];

async function aFleet(...hosts: Partial<SimulatedHostOptions>[]): Promise<Fleet> {
  const fleet = await startFleet({
    hosts: hosts.map((host, index) => {
      const root = join(folder, `host-${index}`);
      return { address: '127.0.0.1', port: 0, account: 'root', password: 'pw', root, ...host };
    }),
  });
  fleets.push(fleet);
  return fleet;
}

function loginTo({ address, port }: SimulatedHost): Promise<SshSession> {
  return connect({ address, port, account: 'root', auth: { type: 'PASSWORD', password: 'pw' } });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'));
});

afterEach(async () => {
  await closeSessions();
  await Promise.all(fleets.splice(0).map((fleet) => fleet.stop()));
  await rm(folder, { recursive: true, force: true });
});

describe('a simulated host', () => {
  it('runs real commands in its folder, in a session of their own, with a bare environment', async () => {
    const fleet = await aFleet({});
    const host = fleet.hosts[0]!;
    const session = await loginTo(host);
    const { stdout } = await session.exec(
      'pwd; env | sort; [ "$(ps -o sid= -p $$ | tr -d " ")" = $$ ] && echo leader',
      {
        ...patiently(),
      },
    );
    const lines = stdout.split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
    expect(lines).toEqual([
      host.root,
      'LANG=C.UTF-8',
      `NODEMAN_ROOT=${host.root}`,
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'leader',
      '',
    ]);
    expect(host.commands).toHaveLength(1);
  });

  it('sends both streams whole and in order, however slowly they are read', async () => {
    const fleet = await aFleet({});
    const session = await loginTo(fleet.hosts[0]!);
    const command = 'seq 1 600000 & seq 1 600000 >&2; wait';
    const result = await session.exec(command, { ...patiently(), maxOutputBytes: 100_000_000 });
    const expected = `${Array.from({ length: 600_000 }, (_, index) => index + 1).join('\n')}\n`;
    expect(result.stdout === expected && result.stderr === expected).toBe(true);
  });

  it('keeps the channel open while a child holds the output, as sshd does', async () => {
    const fleet = await aFleet({});
    const session = await loginTo(fleet.hosts[0]!);
    const result = await session.exec('(sleep 0.2; echo late) & echo early', patiently());
    expect(result.stdout).toBe('early\nlate\n');
  });

  it('lets processes live on when the client goes, unless they watch stdin', async () => {
    const fleet = await aFleet({});
    const host = fleet.hosts[0]!;
    const session = await loginTo(host);
    const pids: number[] = [];
    const command = 'exec 3<&0; sleep 300 & echo $!; echo $$; (cat <&3 >/dev/null; kill $$) & wait';
    const remote = await session.open(command, {
      signal: new AbortController().signal,
      onLine: (line) => pids.push(Number(line)),
    });
    await eventually(() => pids.length === 2);
    await session.close();
    await expect(remote.closed).rejects.toMatchObject({ kind: 'lost' });
    await eventually(async () => !(await fleet.processes()).includes(pids[1]!));
    expect(await fleet.processes()).toContain(pids[0]);
    await fleet.stop();
    expect(await fleet.processes()).toEqual([]);
  });

  it('keeps its host key to itself, in its folder', async () => {
    const fleet = await aFleet({});
    const file = join(fleet.hosts[0]!.root, 'etc/ssh/ssh_host_ed25519_key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain('OPENSSH PRIVATE KEY');
  });
});

describe('a fleet', () => {
  it('stops every process of its hosts, daemons that left their session too, and no other', async () => {
    const fleet = await aFleet({}, {});
    const bystander = spawn('sleep', ['60'], { env: { NODEMAN_ROOT: `${folder}/host-00` } });
    try {
      for (const host of fleet.hosts) {
        const session = await loginTo(host);
        await session.exec('setsid sh -c "sleep 300; :" </dev/null >/dev/null 2>&1 & exit 0', patiently());
      }
      await eventually(async () => (await fleet.processes()).length >= 4);
      await fleet.stop();
      expect(await fleet.processes()).toEqual([]);
      expect(isAlive(bystander.pid!)).toBe(true);
    } finally {
      bystander.kill('SIGKILL');
    }
  });

  it('has hosts on addresses of their own where loopback is a range', async () => {
    expect(await supportsLoopbackRange()).toBe(process.platform === 'linux');
    const first = await aFleet({ address: fleetAddress(0) }, { address: fleetAddress(1) });
    expect(first.hosts.map(({ address }) => address)).toEqual(['127.0.77.1', '127.0.77.2']);
    expect(fleetAddress(250)).toBe('127.0.78.1');
    await loginTo(first.hosts[1]!);
  });

  it('starts all of its hosts or none', async () => {
    const taken = await aFleet({});
    const { port } = taken.hosts[0]!;
    await expect(aFleet({}, { port })).rejects.toThrow(/EADDRINUSE/);
    await expect(aFleet({ faults: ['no-such-fault' as never] })).rejects.toThrow(/Unknown fault/);
  });

  it('has a hundred hosts up in a moment', async () => {
    const before = Date.now();
    const fleet = await aFleet(...Array.from({ length: 100 }, () => ({})));
    expect(Date.now() - before).toBeLessThan(2_000);
    const sessions = await Promise.all(fleet.hosts.map((host) => loginTo(host)));
    expect(new Set(sessions.map(({ hostKey }) => hostKey.publicKey)).size).toBe(100);
  });
});
