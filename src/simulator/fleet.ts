import { killProcessesOf, processesOf } from './processes.js';
import { SimulatedHost, type SimulatedHostOptions } from './simulated-host.js';

const STARTED_AT_ONCE = 64;

export interface FleetOptions {
  hosts: readonly SimulatedHostOptions[];
}

/** Simulated hosts that are up. */
export class Fleet {
  constructor(readonly hosts: readonly SimulatedHost[]) {}

  /** Ids of all processes that run on the hosts. */
  processes(): Promise<number[]> {
    return processesOf(this.roots());
  }

  /** Stops the hosts and kills every process on them, agents too; returns when they are gone. The folders stay. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.disconnect()));
    await killProcessesOf(
      this.roots(),
      this.hosts.flatMap((host) => [...host.groups]),
    );
  }

  private roots(): Set<string> {
    return new Set(this.hosts.map((host) => host.root));
  }
}

/**
 * Starts simulated hosts, all or none.
 * @throws Error when an address cannot be bound or a fault is unknown
 */
export async function startFleet({ hosts: wanted }: FleetOptions): Promise<Fleet> {
  const hosts = wanted.map((options) => new SimulatedHost(options));
  const fleet = new Fleet(hosts);
  try {
    for (let from = 0; from < hosts.length; from += STARTED_AT_ONCE) {
      await Promise.all(hosts.slice(from, from + STARTED_AT_ONCE).map((host) => host.start()));
    }
    return fleet;
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}
