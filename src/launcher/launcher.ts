import type { Env } from '../env/env.js';
import { checkPort, localOrigin, untilApiReady } from './api-probe.js';
import { type Child, describeExit } from './child.js';
import { Keeper, type Stoppable } from './keeper.js';
import { LauncherError, StoppedError } from './launcher.errors.js';
import { startNodeChild } from './node-child.js';
import { freePort } from './services/free-port.js';
import { startPostgres } from './services/postgres.js';
import { startRedis, type RedisServer } from './services/redis.js';
import { externalService, type Service } from './services/service.js';
import { Watchdog } from './watchdog.js';

/** Time for running requests to end, and for runs to be handed back. */
const STOP_TIMEOUT_MS = 20_000;
/** For psql, migrations and PostgreSQL's own. */
const SPARE_CONNECTIONS = 30;

type ChildEnv = Readonly<Record<string, string>>;

export interface LauncherOptions {
  readonly env: Env;
  /** Absolute. */
  readonly dataDir: string;
  /** Gets the output of the processes, line by line, with the name of the process. */
  readonly onLine: (name: string, line: string) => void;
  /** Gets what the launcher itself has to say. */
  readonly tell: (line: string) => void;
  /** More environment of the API and the workers. */
  readonly childEnv?: ChildEnv;
}

/** What runs, once everything does. */
export interface Launched {
  readonly services: readonly Service[];
  /** Where this machine reaches the API, without a trailing slash. */
  readonly origin: string;
}

/** Starts Postgres, Redis, API and workers in this order, keeps them running, and stops them in the reverse one. */
export class Launcher {
  readonly watchdog = new Watchdog();
  /** In the order of their starts; those of one group stop together. */
  private readonly groups: (readonly Stoppable[])[] = [];
  private stopping: Promise<void> | undefined;

  constructor(private readonly options: LauncherOptions) {}

  /**
   * @param beforeApi starts what is to outlive API and workers, and hands it over with `adopt`
   * @throws LauncherError with a remedy; StoppedError when it was told to stop meanwhile
   */
  async start(beforeApi: () => Promise<void> = async () => undefined): Promise<Launched> {
    try {
      return await this.startAll(beforeApi);
    } catch (error) {
      // What fails while everything is being ended fails for that.
      throw this.stopping ? new StoppedError() : error;
    }
  }

  /** Has these stopped in their turn: after what will be started later, before what was started earlier. */
  adopt(...group: Stoppable[]): void {
    this.groups.push(group);
    if (!this.stopping) return;
    for (const item of group) item.kill();
    throw new StoppedError();
  }

  /** Stops everything, the youngest first. Resolves once all is gone. */
  stop(): Promise<void> {
    return (this.stopping ??= this.stopAll());
  }

  /** Kills everything at once. */
  kill(): void {
    for (const item of this.groups.flat().reverse()) item.kill();
  }

  private async stopAll(): Promise<void> {
    for (const group of [...this.groups].reverse()) await Promise.all(group.map((item) => item.stop()));
    // What was just being started is known to the watchdog alone.
    await this.watchdog.close();
  }

  private async startAll(beforeApi: () => Promise<void>): Promise<Launched> {
    const { env } = this.options;
    const port = env.port || (await freePort());
    await checkPort(env.host, port);
    const postgres = await this.keepService('PostgreSQL', env.databaseUrl, (at) => this.postgres(at));
    const redis = await this.keepService('Redis', env.redisUrl, (at) => this.redis(at));
    const childEnv = this.childEnv(postgres, redis, port);
    await this.migrate(childEnv);
    await beforeApi();
    const origin = localOrigin(env.host, port);
    const keeper = this.keeperOf('api', 'main.js', childEnv);
    const api = await keeper.start();
    this.adopt(keeper);
    await untilApiReady(origin, api.exited, () => api.lastWords);
    await this.keepWorkers(childEnv);
    return { services: [postgres, redis], origin };
  }

  private async keepService(name: string, url: string | undefined, start: (port?: number) => Promise<Service>) {
    if (url) return externalService(name, url);
    // Once it runs, everybody knows it by its URL: it starts again on the same port.
    const known: { port?: number } = {};
    const keeper = new Keeper(name, () => start(known.port), this.options.tell);
    const service = await keeper.start();
    known.port = Number(new URL(service.url).port);
    this.adopt(keeper);
    return service;
  }

  private postgres(port?: number): Promise<Service> {
    const { env, dataDir } = this.options;
    const maxConnections = env.databasePoolSize * (env.workers + 1) + SPARE_CONNECTIONS;
    return startPostgres({ dataDir, watchdog: this.watchdog, maxConnections, port });
  }

  private redis(port?: number): Promise<RedisServer> {
    return startRedis({ dataDir: this.options.dataDir, watchdog: this.watchdog, port });
  }

  private childEnv(postgres: Service, redis: Service, port: number): ChildEnv {
    const isEmulated = 'isEmulated' in redis && redis.isEmulated === true;
    return {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      ...(isEmulated ? { REDIS_EMULATED: 'true' } : {}),
      DATA_DIR: this.options.dataDir,
      PORT: String(port),
      ...this.options.childEnv,
    };
  }

  private async migrate(env: ChildEnv): Promise<void> {
    const child = this.startNode('migrate', 'migrate.js', env);
    const exit = await child.exited;
    if (exit.code !== 0) {
      throw new LauncherError(`The database could not be migrated (${describeExit(exit)}):\n${child.lastWords}`);
    }
  }

  private async keepWorkers(childEnv: ChildEnv): Promise<void> {
    const { workers, workerPort } = this.options.env;
    const keepers = Array.from({ length: workers }, (_, index) => {
      const port = workerPort && workerPort + index;
      const name = workers > 1 ? `worker-${index + 1}` : 'worker';
      return this.keeperOf(name, 'worker.js', { ...childEnv, WORKER_PORT: String(port) });
    });
    await Promise.all(keepers.map((keeper) => keeper.start()));
    this.adopt(...keepers);
  }

  private keeperOf(name: string, script: string, env: ChildEnv): Keeper<Child> {
    return new Keeper(name, async () => this.startNode(name, script, env), this.options.tell);
  }

  private startNode(name: string, script: string, env: ChildEnv): Child {
    const { watchdog } = this;
    const onLine = (line: string) => this.options.onLine(name, line);
    return startNodeChild({ script, env, onLine, watchdog, stopTimeoutMs: STOP_TIMEOUT_MS });
  }
}
