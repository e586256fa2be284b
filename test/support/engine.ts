import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { AgentsApiModule } from '../../src/agents/agents-api.module.js';
import { EnvelopeInterceptor } from '../../src/common/envelope/envelope.interceptor.js';
import { PinoLogger } from '../../src/common/logging/pino-logger.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { ConfigService } from '../../src/config/config.service.js';
import { CoreModule } from '../../src/core.module.js';
import type { Env } from '../../src/env/env.js';
import { CredentialsService } from '../../src/hosts/credentials.service.js';
import { Host } from '../../src/hosts/host.entity.js';
import { HostsModule } from '../../src/hosts/hosts.module.js';
import { InstallerModule } from '../../src/installer/installer.module.js';
import { RunLog } from '../../src/logs/run-log.entity.js';
import { PackagesApiModule } from '../../src/packages/packages-api.module.js';
import { type Fleet, startFleet } from '../../src/simulator/fleet.js';
import type { SimulatedHost, SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import { InstallQueue } from '../../src/tasks/install.queue.js';
import { JobHost } from '../../src/tasks/job-host.entity.js';
import { RunCancelService } from '../../src/tasks/run-cancel.service.js';
import { RunsModule } from '../../src/tasks/runs.module.js';
import type { OpType } from '../../src/tasks/task.enums.js';
import { aTestEnv } from './env.js';
import { eventually } from './eventually.js';
import { aJob, aRun } from './factories.js';
import { createTestDatabase, type TestDatabase, uniqueRedisPrefix } from './services.js';

export const PASSWORD = `p@ss'w"ord $HOME 密码`;

type Overrides = Parameters<typeof aTestEnv>[0];

/** What targets see of the API, and what the tests need of it: downloads, heartbeats, cancels; no login. */
async function startServer(env: Env): Promise<NestExpressApplication> {
  const module = await Test.createTestingModule({
    imports: [CoreModule.of(env, 'api'), PackagesApiModule, AgentsApiModule, ConfigModule, HostsModule, RunsModule],
    providers: [{ provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor }],
  }).compile();
  const server = module.createNestApplication<NestExpressApplication>({
    logger: new PinoLogger(process.env.TEST_LOG_LEVEL ?? 'silent', 'server'),
  });
  server.setGlobalPrefix('api', { exclude: ['download/:file'] });
  await server.listen(0, '127.0.0.1');
  return server;
}

/** A server that hosts download from and report to, workers in this process, and a fleet of simulated hosts. */
export class Engine {
  private readonly workers = new Set<INestApplicationContext>();
  private readonly fleets: Fleet[] = [];
  private targetCount = 0;

  private constructor(
    readonly server: NestExpressApplication,
    readonly dataSource: DataSource,
    readonly folder: string,
    private readonly database: TestDatabase | null,
    private readonly overrides: Overrides,
  ) {}

  /** @param overrides environment variables of the workers, by their names in the code */
  static async start(overrides: Overrides = {}): Promise<Engine> {
    const database = overrides.databaseUrl ? null : await createTestDatabase();
    const shared = { databaseUrl: database?.url, redisPrefix: uniqueRedisPrefix(), heartbeatIntervalSeconds: 1 };
    const quick = {
      leaseSeconds: 3,
      waitAgentTimeoutSeconds: 20,
      sshConnectTimeoutSeconds: 2,
      sshLoginTimeoutSeconds: 5,
    };
    const folder = await mkdtemp(join(tmpdir(), 'nodeman-engine-'));
    const all = { ...shared, ...quick, dataDir: join(folder, 'data'), ...overrides };
    const server = await startServer(aTestEnv(all));
    const engine = new Engine(server, server.get(DataSource), folder, database, all);
    await engine.serveFrom(await engine.address());
    return engine;
  }

  /** `ip:port` of the server. */
  async address(): Promise<string> {
    return new URL(await this.server.getUrl()).host;
  }

  /** Sets where targets download from and report to, proxies too. */
  async serveFrom(...servers: string[]): Promise<void> {
    const list = servers.join(',');
    const settings = this.server.get(ConfigService, { strict: false });
    await settings.set({ key: 'nginx', inner_ip: list, outer_ip: list }, 'admin');
  }

  async startWorker(overrides: Overrides = {}): Promise<INestApplicationContext> {
    const env = aTestEnv({ ...this.overrides, ...overrides });
    const module = await Test.createTestingModule({
      imports: [CoreModule.of(env, 'worker'), InstallerModule],
    }).compile();
    module.useLogger(new PinoLogger(process.env.TEST_LOG_LEVEL ?? 'silent', 'worker'));
    await module.init();
    this.workers.add(module);
    return module;
  }

  /** As SIGTERM does. */
  async stopWorker(worker: INestApplicationContext): Promise<void> {
    this.workers.delete(worker);
    await worker.close();
  }

  /** A simulated host, and its row with stored credentials. */
  async aTarget(options: Partial<SimulatedHostOptions> = {}, row: Partial<Host> = {}): Promise<Target> {
    const nth = ++this.targetCount;
    const root = join(this.folder, `host-${nth}`);
    const address = `127.0.79.${nth}`;
    const fleet = await startFleet({
      hosts: [{ address, port: 0, account: 'root', password: PASSWORD, root, ...options }],
    });
    this.fleets.push(fleet);
    const machine = fleet.hosts[0]!;
    return { host: await this.aRowFor(machine, row), machine, fleet };
  }

  /** The row of a machine, with stored credentials. */
  async aRowFor({ address, port }: SimulatedHost, row: Partial<Host> = {}): Promise<Host> {
    const { id } = await this.dataSource.manager.save(Host, {
      ...{ businessId: 1, cloudId: 0, innerIp: address, nodeType: 'AGENT' as const, osType: 'LINUX' as const },
      ...{ port, account: 'root', ...row },
    });
    await this.storeCredential(id, PASSWORD);
    return this.hostOf(id);
  }

  async storeCredential(hostId: number, secret: string): Promise<void> {
    const { dataSource, server } = this;
    await server.get(CredentialsService, { strict: false }).store(dataSource.manager, hostId, 'PASSWORD', secret);
  }

  /** Queues a run, and rings for it. */
  async queue(
    host: Host,
    opType: OpType,
    overrides: Partial<JobHost> = {},
    { isRung = true }: { isRung?: boolean } = {},
  ): Promise<JobHost> {
    const { dataSource } = this;
    const job = await aJob(dataSource, { opType, nodeType: host.nodeType });
    const run = await aRun(dataSource, job, host, overrides);
    await dataSource.manager.update(Host, { id: host.id }, { runId: run.id, jobId: job.id, jobStatus: 'QUEUE' });
    if (isRung) await this.server.get(InstallQueue, { strict: false }).ring([run]);
    return run;
  }

  async cancel(runId: number, by = 'ann'): Promise<void> {
    const cancels = this.server.get(RunCancelService, { strict: false });
    await cancels.request(this.dataSource.manager, [runId], by);
    await cancels.announce([runId]);
  }

  stateOf(runId: number): Promise<JobHost> {
    return this.dataSource.manager.findOneByOrFail(JobHost, { id: runId });
  }

  hostOf(hostId: number): Promise<Host> {
    return this.dataSource.manager.findOneByOrFail(Host, { id: hostId });
  }

  /** Waits for its end, whatever that is. */
  async endOf(run: JobHost, timeoutMs = 20_000): Promise<JobHost> {
    return eventually(
      async () => {
        const now = await this.stateOf(run.id);
        if (now.status === 'SUCCESS' || now.status === 'FAILED') return now;
        throw new Error(`run ${run.id} is ${now.status} at ${now.step}`);
      },
      { timeoutMs },
    );
  }

  /** Waits until a run stands at a step. */
  atStep(run: JobHost, step: string): Promise<boolean> {
    return eventually(async () => (await this.stateOf(run.id)).step === step, { everyMs: 10 });
  }

  /** The English lines of its log, `[STEP] text`. */
  async logOf(run: JobHost): Promise<string[]> {
    const lines = await this.dataSource.manager.find(RunLog, { where: { runId: run.id }, order: { id: 'ASC' } });
    return lines.map(({ step, en }) => `[${step}] ${en}`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.close()));
    await Promise.all(this.fleets.map((fleet) => fleet.stop()));
    await this.server.close();
    await this.database?.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A host to install on: its row, and the machine that plays it. */
export interface Target {
  host: Host;
  machine: SimulatedHost;
  fleet: Fleet;
}
