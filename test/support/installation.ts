import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../src/launcher/services/free-port.js';
import { Watchdog } from '../../src/launcher/watchdog.js';
import { ADMIN, ApiClient } from './api.js';
import { eventually } from './eventually.js';
import { ServerProcess } from './processes.js';
import { ResponseSchemas } from './response-schemas.js';
import { createTestDatabase, type TestDatabase, testRedisUrl, uniqueRedisPrefix } from './services.js';

/** Environment variables by their own names. */
type Variables = Readonly<Record<string, string>>;

/** Everything quick: what is lost is found out within seconds. */
const QUICK: Variables = {
  LEASE_SECONDS: '3',
  HEARTBEAT_INTERVAL_SECONDS: '1',
  WAIT_AGENT_TIMEOUT_SECONDS: '30',
  SSH_CONNECT_TIMEOUT_SECONDS: '5',
  SSH_LOGIN_TIMEOUT_SECONDS: '10',
  SSH_SILENCE_TIMEOUT_SECONDS: '6',
  DATABASE_POOL_SIZE: '6',
  LOGIN_ATTEMPTS_PER_MINUTE: '1000',
  SECRET_KEY: 'a secret key for tests, long enough',
  ADMIN_PASSWORD: ADMIN.password,
};

export interface InstallationOptions {
  /** Default: a database of its own on the server that all tests share. */
  databaseUrl?: string;
  redisUrl?: string;
  /** Where hosts reach the API; it then listens on all addresses. */
  publicAddress?: string;
  /** Of the API. Default: a free one, which somebody else may take while the API is down. */
  port?: number;
  env?: Variables;
}

/** nodeman as it is run: the API and workers as processes, told what to do through HTTP. */
export class Installation {
  readonly workers: ServerProcess[] = [];
  api!: ServerProcess;
  /** The administrator; keeps his login when the API starts again. */
  admin!: ApiClient;

  private constructor(
    readonly folder: string,
    readonly databaseUrl: string,
    private readonly database: TestDatabase | null,
    private readonly env: Variables,
    private readonly address: string,
    private readonly port: number,
    private readonly watchdog: Watchdog,
  ) {}

  /** With the API up, an administrator logged in, and the nginx setting naming the API itself. */
  static async start(options: InstallationOptions = {}): Promise<Installation> {
    const { publicAddress: address = '127.0.0.1' } = options;
    const folder = await mkdtemp(join(tmpdir(), 'nodeman-installation-'));
    const database = options.databaseUrl ? null : await createTestDatabase();
    const databaseUrl = options.databaseUrl ?? database!.url;
    const env = {
      ...QUICK,
      HOST: options.publicAddress ? '0.0.0.0' : '127.0.0.1',
      DATA_DIR: join(folder, 'data'),
      DATABASE_URL: databaseUrl,
      REDIS_URL: options.redisUrl ?? testRedisUrl(),
      REDIS_PREFIX: uniqueRedisPrefix(),
      ...options.env,
    };
    const port = options.port ?? (await freePort());
    const installation = new Installation(folder, databaseUrl, database, env, address, port, new Watchdog());
    try {
      await installation.startApi();
      const answer = await fetch(`${installation.api.url}/api/docs-json`);
      const document = (await answer.json()) as ConstructorParameters<typeof ResponseSchemas>[0];
      installation.admin = await new ApiClient(installation.api.url, new ResponseSchemas(document)).login();
      await installation.serveFrom(installation.server);
      return installation;
    } catch (error) {
      await installation.stop();
      throw error;
    }
  }

  /** `ip:port` under which hosts reach the API. */
  get server(): string {
    return `${this.address}:${this.port}`;
  }

  /** Always on the same port, as behind the same address. */
  async startApi(): Promise<void> {
    this.api = ServerProcess.spawn('main', { ...this.env, PORT: String(this.port) }, this.watchdog);
    await this.api.ready();
  }

  async startWorker(env: Variables = {}): Promise<ServerProcess> {
    const worker = ServerProcess.spawn('worker', { ...this.env, ...env }, this.watchdog);
    this.workers.push(worker);
    await worker.ready();
    return worker;
  }

  /** Sets where hosts download from and report to. */
  async serveFrom(...servers: string[]): Promise<void> {
    await this.must('POST', '/api/config/kv/', { key: 'nginx', inner_ip: servers.join(',') });
  }

  /** The `data` of an answer that must be a success. */
  async must<T = any>(method: string, path: string, body?: unknown, client = this.admin): Promise<T> {
    const response = await client.request(method, path, { body });
    if (response.body.result !== true) throw new Error(`${method} ${path}: ${JSON.stringify(response.body)}`);
    return response.body.data as T;
  }

  /** Statements on the database, past all rules; each call has a connection of its own. */
  async query<Row = any>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** Ends everything, however it stands. */
  async stop(): Promise<void> {
    try {
      await Promise.all([this.api, ...this.workers].map((each) => each?.kill9()));
      await this.watchdog.close();
      await this.database?.drop();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/** What the database knows of a run that no answer tells. */
export interface RunRow {
  id: number;
  status: string;
  err_code: string;
  step: string;
  attempt: number;
  losses: number;
  lease_owner: string | null;
  cancel_requested_at: Date | null;
  finished_steps: string[];
}

/** The last run at an address. */
export async function runAt(installation: Installation, address: string): Promise<RunRow> {
  const [row] = await installation.query<RunRow>(
    'SELECT * FROM job_hosts WHERE inner_ip = $1::inet ORDER BY id DESC LIMIT 1',
    [address],
  );
  if (!row) throw new Error(`no run at ${address}`);
  return row;
}

/** The job, once no host of it is queued or running. */
export function endOfJob(installation: Installation, jobId: number, timeoutMs = 60_000): Promise<any> {
  return eventually(
    async () => {
      const job = await installation.must('GET', `/api/1/tasks/${jobId}/`);
      if (job.status !== 'RUNNING') return job;
      const open = job.hosts.filter((run: any) => run.status === 'QUEUE' || run.status === 'RUNNING');
      throw new Error(open.map((run: any) => `${run.host.inner_ip} is ${run.status} at ${run.step}`).join('; '));
    },
    { timeoutMs, everyMs: 150 },
  );
}
