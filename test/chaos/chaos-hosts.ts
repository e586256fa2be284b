import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fleet, startFleet } from '../../src/simulator/fleet.js';
import { fleetAddress } from '../../src/simulator/loopback.js';
import type { SimulatedHost } from '../../src/simulator/simulated-host.js';
import { processesWith } from '../support/target-shell.js';

export const PASSWORD = 'the password of chaos';
/** 127.0.93.1 and on. */
const FIRST_ADDRESS = 4_000;
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * What stands before the programs that change a host. Each notes itself with its session, which is its attempt's: whoever
 * finds one of another session alive has found two attempts at work. Then it takes its time, as hosts do.
 */
const PREAMBLE = `#!/bin/sh
host=\${0%/shims/*}
look() {
  look_line=
  { IFS= read -r look_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${look_line##*') '}
  state=$1 session=$4 start=\${20}
}
alone() {
  look $$
  mine=$session
  echo "$$.$mine.$start" >>"$host/owners"
  while IFS=. read -r pid owner begun; do
    [ "$owner" != "$mine" ] && look "$pid" && [ "$start" = "$begun" ] || continue
    case $state in [ZXx]) ;; *) echo "\${0##*/} of session $mine while process $pid of session $owner lives" >>"$host/overlaps" ;; esac
  done <"$host/owners"
  /bin/sleep 0.1
}
`;

/** The programs that an attempt runs under the lock only, and when. */
const SHIMS: Readonly<Record<string, string>> = {
  tar: 'alone',
  cp: 'alone',
  curl: 'case "$*" in */download/*) alone ;; esac',
  rm: 'case "$*" in "-rf "*/opt/nodeman/*) alone ;; esac',
};

/** A simulated host that tells when two attempts worked on it at once. */
export class ChaosHost {
  constructor(
    readonly machine: SimulatedHost,
    private readonly folder: string,
  ) {}

  get address(): string {
    return this.machine.address;
  }

  /** Two attempts at work at the same time, each told in words. */
  async overlaps(): Promise<string[]> {
    const text = await readFile(join(this.folder, 'overlaps'), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  /** Processes of the remote script and all that it started; the agent is none of them. */
  scriptProcesses(): number[] {
    return processesWith(`NODEMAN_ROOT=${this.machine.root}\0`, ['environ']);
  }

  /** Supervisors of agents on it. */
  async supervisors(): Promise<number[]> {
    const found: number[] = [];
    for (const pid of processesWith(`${this.machine.root}/opt/nodeman/agent/`)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const parent = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // A shell that it has just forked looks the same, and is in its session.
      const session = parent.slice(parent.lastIndexOf(')') + 2).split(' ')[3];
      if (/\/bin\/supervise\0/.test(command) && session === String(pid)) found.push(pid);
    }
    return found;
  }
}

/** Simulated hosts for chaos, all up. */
export class ChaosHosts {
  private constructor(
    readonly all: readonly ChaosHost[],
    private readonly fleet: Fleet,
  ) {}

  static async start(folder: string, count: number): Promise<ChaosHosts> {
    const folders = Array.from({ length: count }, (_, index) => join(folder, `host-${index}`));
    await Promise.all(folders.map(makeShims));
    const fleet = await startFleet({
      hosts: folders.map((own, index) => ({
        ...{ address: fleetAddress(FIRST_ADDRESS + index), port: 0, root: join(own, 'root') },
        ...{ account: 'root', password: PASSWORD, env: { PATH: `${join(own, 'shims')}:${SYSTEM_PATH}` } },
      })),
    });
    const hosts = fleet.hosts.map((machine, index) => new ChaosHost(machine, folders[index]!));
    return new ChaosHosts(hosts, fleet);
  }

  at(address: string): ChaosHost {
    const host = this.all.find((each) => each.address === address);
    if (!host) throw new Error(`no host of ours is at ${address}`);
    return host;
  }

  stop(): Promise<void> {
    return this.fleet.stop();
  }
}

async function makeShims(folder: string): Promise<void> {
  await mkdir(join(folder, 'shims'), { recursive: true });
  for (const [name, lines] of Object.entries(SHIMS)) {
    const file = join(folder, 'shims', name);
    await writeFile(file, `${PREAMBLE}${lines}\nexec /usr/bin/${name} "$@"\n`);
    await chmod(file, 0o755);
  }
}
