import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Env } from '../env/env.js';
import { RunClaims } from '../tasks/run-claims.js';
import { RunSweep } from '../tasks/run-sweep.js';
import { InstallRunner } from './install.runner.js';
import { runsInHand } from './installer.metrics.js';
import { LeaseKeeper } from './lease-keeper.js';
import { RunHold } from './run-hold.js';
import { workerName } from './worker-name.js';

const LOOK_EVERY_MS = 2_000;

/**
 * Gives this worker's slots to runs. It claims when a ring says that there is something, when a slot frees, and every
 * two seconds in any case: rings may be lost, and nobody rings for runs whose worker died.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly active = new Map<RunHold, Promise<void>>();
  private claiming: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isWanted = false;
  private isStopping = false;
  private isFailing = false;

  constructor(
    private readonly claims: RunClaims,
    private readonly runs: RunSweep,
    private readonly runner: InstallRunner,
    private readonly leases: LeaseKeeper,
    private readonly env: Env,
  ) {}

  onApplicationBootstrap(): void {
    this.leases.start();
    void this.lookAround();
  }

  /** There may be something to run. */
  wake(): void {
    this.isWanted = true;
    this.claiming ??= this.claimAll().finally(() => {
      this.claiming = null;
      // Somebody may have called between the last look and here.
      if (this.isWanted && !this.isStopping) this.wake();
    });
  }

  /** Takes no more, stops what runs and hands it back, and returns when nothing is in our hands. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.claiming;
    for (const hold of this.active.keys()) hold.stop('hand-back');
    await Promise.all(this.active.values());
    this.leases.stop();
  }

  /** The timer's turn. Jittered, so that workers that were started together do not look together. */
  private async lookAround(): Promise<void> {
    if (this.isStopping) return;
    this.wake();
    await this.guarded(() => this.runs.sweep());
    if (!this.isStopping) {
      this.timer = setTimeout(() => void this.lookAround(), LOOK_EVERY_MS * (0.75 + Math.random() / 2));
    }
  }

  private async claimAll(): Promise<void> {
    while (this.isWanted && !this.isStopping) {
      this.isWanted = false;
      await this.guarded(() => this.claimOnce());
    }
  }

  private async claimOnce(): Promise<void> {
    const free = this.env.workerConcurrency - this.active.size;
    if (free <= 0) return;
    const leaseEndsAt = this.leases.leaseEnd();
    const claimed = await this.claims.claim(workerName(), free);
    for (const run of claimed) this.start(new RunHold(run, leaseEndsAt));
  }

  private start(hold: RunHold): void {
    this.leases.keep(hold);
    const done = this.runner.run(hold).finally(() => {
      this.active.delete(hold);
      this.leases.forget(hold);
      hold.dispose();
      runsInHand.set(this.active.size);
      if (!this.isStopping) this.wake();
    });
    this.active.set(hold, done);
    runsInHand.set(this.active.size);
    // A claim that was under way when the shutdown began.
    if (this.isStopping) hold.stop('hand-back');
  }

  /** Trouble with the database is told once, and tried again at the next turn. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.isFailing) this.logger.log('looking for runs works again');
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.logger.warn(`cannot look for runs, will try again: ${(error as Error).message}`);
      this.isFailing = true;
    }
  }
}
