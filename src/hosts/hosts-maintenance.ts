import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingTask } from '../common/timers/repeating-task.js';
import { CredentialsService } from './credentials.service.js';
import { HostsService } from './hosts.service.js';

/** Small enough not to be noticed by anybody who waits for the same rows. */
const BITE = 500;

/** Forgets, in workers, what must not be kept: expired credentials, and hosts that were removed a day ago. */
@Injectable()
export class HostsMaintenance implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HostsMaintenance.name);
  private readonly tasks = [
    new RepeatingTask('wiping expired credentials', 30_000, () => this.wipeCredentials()),
    new RepeatingTask('forgetting removed hosts', 300_000, () => this.purgeHosts()),
  ];

  constructor(
    private readonly credentials: CredentialsService,
    private readonly hosts: HostsService,
  ) {}

  onApplicationBootstrap(): void {
    for (const task of this.tasks) task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }

  private async wipeCredentials(): Promise<void> {
    const wiped = await untilNothingIsLeft(() => this.credentials.wipeExpired(BITE));
    if (wiped > 0) this.logger.log(`wiped ${wiped} expired credentials`);
  }

  private async purgeHosts(): Promise<void> {
    const purged = await untilNothingIsLeft(() => this.hosts.purgeRemoved(BITE));
    if (purged > 0) this.logger.log(`forgot ${purged} removed hosts`);
  }
}

async function untilNothingIsLeft(bite: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await bite();
    total += count;
    if (count < BITE) return total;
  }
}
