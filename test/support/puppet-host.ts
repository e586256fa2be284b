import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../../src/common/vocabulary/steps.js';
import { type Fleet, startFleet } from '../../src/simulator/fleet.js';
import type { SimulatedHost, SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import { eventually } from './eventually.js';
import { processesWith } from './target-shell.js';

export const PASSWORD = `p@ss'w"ord $HOME 密码`;

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Where a host can be told to stand still: steps of an installation (the others do nothing on the host), and an
 * uninstallation that has ended the agent and not yet removed it.
 */
export type HoldPlace =
  | Extract<Step, 'SSH_LOGIN' | 'INSTALL_DEP' | 'DOWNLOAD_FILE' | 'EXECUTE_SCRIPT' | 'SCRIPT_DONE' | 'WAIT_AGENT'>
  | 'UNINSTALL';

/** What each shim begins with: `wait_at <step>` waits while the test says so, and tells that it does. */
const PREAMBLE = `#!/bin/sh
host=\${0%/shims/*}
wait_at() {
  while [ -e "$host/holds/$1" ]; do : >"$host/held/$1"; /bin/sleep 0.05; done
}
alone() {
  for pid in $(cat "$host/$1" 2>/dev/null); do
    { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
    case $stat in *') Z '*) ;; *) echo "$1 $pid $$" >>"$host/overlaps" ;; esac
  done
  echo $$ >>"$host/$1"
}
`;

/**
 * Commands that stand before the real ones in the host's PATH. The script asks \`id\` for its facts only, and \`tr\` is the
 * first program that looking for commands needs. The last thing that an installation does is to sweep old files away; the
 * \`tr\` after that is the one with which SCRIPT_DONE looks whether the agent runs.
 */
const SHIMS: Readonly<Record<string, string>> = {
  id: 'wait_at SSH_LOGIN',
  tr: 'wait_at INSTALL_DEP\n[ ! -e "$host/swept" ] || wait_at SCRIPT_DONE',
  curl: 'case "$*" in */download/*) alone downloads; wait_at DOWNLOAD_FILE ;; *heartbeat*) wait_at WAIT_AGENT ;; esac',
  tar: 'alone installations; wait_at EXECUTE_SCRIPT',
  rm: 'case "$*" in */agent/.current.*) : >"$host/swept" ;; */agent" "*/opt/nodeman/cache) wait_at UNINSTALL ;; esac',
};

/** A simulated host that stands still in a step for as long as a test wants, by commands of its own that wait. */
export class PuppetHost {
  private constructor(
    private readonly fleet: Fleet,
    private readonly folder: string,
  ) {}

  /** @param folder of its own; its root is in it */
  static async start(
    folder: string,
    address: string,
    options: Partial<SimulatedHostOptions> = {},
  ): Promise<PuppetHost> {
    for (const name of ['shims', 'holds', 'held']) await mkdir(join(folder, name), { recursive: true });
    for (const [name, lines] of Object.entries(SHIMS)) {
      const file = join(folder, 'shims', name);
      await writeFile(file, `${PREAMBLE}${lines}\nexec /usr/bin/${name} "$@"\n`);
      await chmod(file, 0o755);
    }
    const fleet = await startFleet({
      hosts: [
        {
          ...{ address, port: 0, account: 'root', password: PASSWORD, root: join(folder, 'root') },
          env: { PATH: `${join(folder, 'shims')}:${SYSTEM_PATH}` },
          ...options,
        },
      ],
    });
    return new PuppetHost(fleet, folder);
  }

  get machine(): SimulatedHost {
    return this.fleet.hosts[0]!;
  }

  get address(): string {
    return this.machine.address;
  }

  /** What a task says of it. */
  get row(): Record<string, unknown> {
    return { inner_ips: this.address, port: this.machine.port, account: 'root', password: PASSWORD };
  }

  /** From now on it stands still when it comes to this place. */
  async hold(place: HoldPlace): Promise<void> {
    await rm(join(this.folder, 'held', place), { force: true });
    await writeFile(join(this.folder, 'holds', place), '');
  }

  async release(place: HoldPlace): Promise<void> {
    await rm(join(this.folder, 'holds', place), { force: true });
  }

  /** Waits until it stands still. */
  async isHeld(place: HoldPlace, timeoutMs = 30_000): Promise<void> {
    await eventually(() => existsSync(join(this.folder, 'held', place)), { everyMs: 10, timeoutMs });
  }

  /** To see it stand still once more. */
  async forget(place: HoldPlace): Promise<void> {
    await rm(join(this.folder, 'held', place), { force: true });
  }

  /** Processes of the remote script and all that it started; the agent is none of them. */
  scriptProcesses(): number[] {
    return processesWith(`NODEMAN_ROOT=${this.machine.root}\0`, ['environ']);
  }

  /** Supervisors of agents on it. */
  supervisors(): number[] {
    return processesWith(`${this.machine.root}/opt/nodeman/agent/versions/1.1.0/bin/supervise`);
  }

  /** How often a package was unpacked here. */
  async installations(): Promise<number> {
    return (await this.lines('installations')).length;
  }

  /** Two downloads, or two installations, that ran at the same time. */
  overlaps(): Promise<string[]> {
    return this.lines('overlaps');
  }

  stop(): Promise<void> {
    return this.fleet.stop();
  }

  private async lines(name: string): Promise<string[]> {
    const text = await readFile(join(this.folder, name), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }
}
