import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.js';
import { Installation } from '../support/installation.js';
import type { ServerProcess } from '../support/processes.js';
import { type OwnService, ownPostgres, ownRedis } from '../support/services.js';
import { ChaosHosts } from './chaos-hosts.js';
import { lastingPort } from './lasting-port.js';
import { offerTwoVersions } from './versions.js';

const HEALS_WITHIN_MS = 60_000;

/** An installation of its own, down to Postgres and Redis, with hosts; and all that can be done to it. */
export class World {
  /** What is being put right, and not to be disturbed meanwhile. */
  private readonly repairs = new Set<Promise<void>>();
  private readonly paused = new Set<number>();
  private isOver = false;

  private constructor(
    readonly postgres: OwnService,
    readonly redis: OwnService,
    readonly installation: Installation,
    readonly hosts: ChaosHosts,
    /** Of the agent. */
    readonly versions: readonly string[],
    private readonly workerCount: number,
  ) {}

  static async start(hostCount: number, workerCount: number): Promise<World> {
    const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()]);
    const stopServices = () => Promise.all([postgres.remove(), redis.remove()]);
    const installation = await Installation.start({
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      port: await lastingPort(),
      // Agents of all hosts on one machine; more often would be most of its work.
      env: { HEARTBEAT_INTERVAL_SECONDS: '2', LOG_LEVEL: 'info' },
    }).catch(async (error: unknown) => {
      await stopServices();
      throw error;
    });
    const hosts = await ChaosHosts.start(installation.folder, hostCount);
    const versions = await offerTwoVersions(installation);
    const world = new World(postgres, redis, installation, hosts, versions, workerCount);
    await Promise.all(Array.from({ length: workerCount }, () => installation.startWorker()));
    return world;
  }

  /** Workers that run, and are not paused. */
  get workers(): ServerProcess[] {
    return this.installation.workers.filter(({ isRunning, pid }) => isRunning && !this.paused.has(pid));
  }

  async killWorker(worker: ServerProcess, restartAfterMs: number): Promise<void> {
    await worker.kill9();
    this.repair(() => this.keepWorkers(), restartAfterMs);
  }

  async endWorker(worker: ServerProcess): Promise<void> {
    this.repair(async () => {
      await worker.term();
      await this.keepWorkers();
    }, 0);
  }

  /** Stops it where it stands, as a machine that swaps does; it goes on as if nothing had been. */
  pauseWorker({ pid }: ServerProcess, forMs: number): void {
    process.kill(pid, 'SIGSTOP');
    this.paused.add(pid);
    this.repair(async () => {
      process.kill(pid, 'SIGCONT');
      this.paused.delete(pid);
    }, forMs);
  }

  async killApi(restartAfterMs: number): Promise<void> {
    await this.installation.api.kill9();
    this.repair(() => this.again(() => this.installation.startApi()), restartAfterMs);
  }

  async restartPostgres(afterMs: number): Promise<void> {
    await this.postgres.stop();
    await delay(afterMs);
    await this.postgres.start();
  }

  async restartRedis(afterMs: number): Promise<void> {
    await this.toRedis((client) => client.flushall());
    await this.redis.kill();
    await delay(afterMs);
    await this.redis.start();
  }

  async toRedis(work: (client: Redis) => Promise<unknown>): Promise<void> {
    const client = new Redis(this.redis.url, { maxRetriesPerRequest: 1 });
    client.on('error', () => undefined);
    try {
      await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Statements that touch runs or hosts wait for so long; then the lock goes by itself, whatever becomes of us. */
  holdDatabase(forMs: number): void {
    const sql = `BEGIN; LOCK TABLE job_hosts, hosts IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(${forMs / 1000}); COMMIT`;
    this.repair(async () => void (await this.installation.query(sql).catch(() => undefined)), 0);
  }

  /** Everything runs again, and nothing disturbs it. */
  async heal(): Promise<void> {
    while (this.repairs.size > 0) await Promise.all(this.repairs);
    await this.keepWorkers();
    await eventually(async () => (await fetch(`${this.installation.api.url}/api/health/ready`)).status === 200, {
      timeoutMs: HEALS_WITHIN_MS,
    });
  }

  async stop(): Promise<void> {
    this.isOver = true;
    for (const pid of this.paused) tryToContinue(pid);
    await this.installation.stop();
    await this.hosts.stop();
    await Promise.allSettled(this.repairs);
    await Promise.all([this.postgres.remove(), this.redis.remove()]);
  }

  private repair(work: () => Promise<void>, afterMs: number): void {
    const done = delay(afterMs)
      .then(() => (this.isOver ? undefined : work()))
      .catch((error: unknown) => {
        if (!this.isOver) throw error;
      })
      .finally(() => this.repairs.delete(done));
    this.repairs.add(done);
    // Whoever heals the world hears of it.
    done.catch(() => undefined);
  }

  private starting: Promise<void> | null = null;

  private keepWorkers(): Promise<void> {
    this.starting ??= this.startMissing().finally(() => (this.starting = null));
    return this.starting;
  }

  private async startMissing(): Promise<void> {
    const missing = () => this.workerCount - this.installation.workers.filter(({ isRunning }) => isRunning).length;
    while (missing() > 0 && !this.isOver) await this.again(async () => void (await this.installation.startWorker()));
  }

  /** A process that starts while Postgres is away ends, and is started again, as by systemd. */
  private async again(start: () => Promise<void>): Promise<void> {
    const deadline = Date.now() + HEALS_WITHIN_MS;
    for (;;) {
      try {
        return await start();
      } catch (error) {
        if (this.isOver || Date.now() > deadline) throw error;
        await delay(200);
      }
    }
  }
}

function tryToContinue(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // Gone already.
  }
}
