import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Child, describeExit } from '../../src/launcher/child.js';
import { Watchdog } from '../../src/launcher/watchdog.js';
import { processesOf } from '../../src/simulator/processes.js';
import type { SimulatedHostOptions } from '../../src/simulator/simulated-host.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
/** Time to end everything that runs on the hosts. */
const STOPS_WITHIN_MS = 20_000;

/** Where a simulated host of another process is. */
export interface Seat {
  readonly address: string;
  readonly port: number;
  readonly root: string;
}

/** Simulated hosts in a process of their own, which leaves the test's event loop alone. */
export class FleetProcess {
  private constructor(
    readonly hosts: readonly Seat[],
    private readonly child: Child,
    private readonly watchdog: Watchdog,
  ) {}

  /** @param file where the options go on their way; deleted at the end */
  static async start(hosts: readonly SimulatedHostOptions[], file: string): Promise<FleetProcess> {
    await writeFile(file, JSON.stringify(hosts), { mode: 0o600 });
    let found: (seats: Seat[]) => void;
    const up = new Promise<Seat[]>((resolve) => (found = resolve));
    const watchdog = new Watchdog();
    const child = new Child({
      command: process.execPath,
      args: [
        '--enable-source-maps',
        '--import',
        './test/support/register-ts.mjs',
        'test/support/fleet-server.ts',
        file,
      ],
      cwd: PROJECT,
      env: { PATH: process.env.PATH },
      stopSignal: 'SIGTERM',
      stopTimeoutMs: STOPS_WITHIN_MS,
      onLine: (line) => line.startsWith('fleet ') && found(JSON.parse(line.slice(6)) as Seat[]),
      watchdog,
    });
    const failed = child.exited.then((exit) => {
      throw new Error(`the fleet ended (${describeExit(exit)}):\n${child.lastWords}`);
    });
    failed.catch(() => undefined);
    const seats = await Promise.race([up, failed]);
    await rm(file);
    return new FleetProcess(seats, child, watchdog);
  }

  /** Ids of all processes that run on these hosts. */
  processesOn(...hosts: readonly Seat[]): Promise<number[]> {
    return processesOf(new Set(hosts.map(({ root }) => root)));
  }

  async stop(): Promise<void> {
    await this.child.stop();
    await this.watchdog.close();
  }
}
