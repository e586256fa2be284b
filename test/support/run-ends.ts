import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startFleet } from '../../src/simulator/fleet.js';
import type { SimulatedHost, SimulatedHostOptions } from '../../src/simulator/simulated-host.js';
import type { ApiClient } from './api.js';
import { eventually } from './eventually.js';
import { Installation, type InstallationOptions } from './installation.js';
import { PASSWORD, PuppetHost } from './puppet-host.js';
import { testRedisUrl } from './services.js';

export const WRONG_PASSWORD = 'an ill-remembered 密码';
export const PASSPHRASE = 'the words before the key';

/** An element of a task's `hosts`. */
export type Row = Record<string, unknown>;

/** How a run is to end. */
export interface End {
  errCode: string;
  /** What happened, and what to do. */
  zh: RegExp;
  en: RegExp;
}

/** Makes runs end in all ways there are, and looks at all that is told of it. */
export class RunEnds {
  readonly english: ApiClient;
  /** What must be seen nowhere. */
  readonly secrets = new Set([PASSWORD, WRONG_PASSWORD, PASSPHRASE]);
  private readonly cleanUps: (() => Promise<unknown>)[] = [];
  private count = 0;

  private constructor(
    readonly installation: Installation,
    private readonly subnet: string,
  ) {
    this.english = installation.admin.with({ 'accept-language': 'en' });
  }

  /** An installation without a worker yet. @param subnet the first three parts of its hosts' loopback addresses */
  static async start(subnet: string, options: InstallationOptions = {}): Promise<RunEnds> {
    const env = { SSH_CONNECT_TIMEOUT_SECONDS: '1', SSH_LOGIN_TIMEOUT_SECONDS: '2', WAIT_AGENT_TIMEOUT_SECONDS: '4' };
    return new RunEnds(await Installation.start({ env, ...options }), subnet);
  }

  /** To be called when the test is over. */
  later(cleanUp: () => Promise<unknown>): void {
    this.cleanUps.push(cleanUp);
  }

  async stop(): Promise<void> {
    await Promise.all(this.cleanUps.map((cleanUp) => cleanUp()));
    await this.installation.stop();
  }

  nextAddress(): string {
    this.count += 1;
    return `${this.subnet}.${this.count}`;
  }

  async aSimulatedHost(
    options: Partial<SimulatedHostOptions> = {},
    address = this.nextAddress(),
  ): Promise<SimulatedHost> {
    const root = join(this.installation.folder, address);
    const fleet = await startFleet({
      hosts: [{ address, port: 0, account: 'root', password: PASSWORD, root, ...options }],
    });
    this.later(() => fleet.stop());
    return fleet.hosts[0]!;
  }

  /** Stands still as it begins to unpack the package, once it is installed on. */
  async aPuppet(): Promise<PuppetHost> {
    const address = this.nextAddress();
    const host = await PuppetHost.start(join(this.installation.folder, address), address);
    this.later(() => host.stop());
    await host.hold('EXECUTE_SCRIPT');
    return host;
  }

  withKey(key: string): Row {
    for (const line of key.split('\n').slice(1, -2)) if (line.length > 30) this.secrets.add(line);
    return { auth_type: 'KEY', key };
  }

  async install(rows: Row[], business: number | string = 1): Promise<number> {
    const body = { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts: rows };
    return (await this.installation.must('POST', `/api/${business}/tasks/`, body)).id;
  }

  /** The part of a host in a job, as this client sees it. */
  async runOf(jobId: number, address: string, client = this.english, business: number | string = 1): Promise<any> {
    const job = await this.installation.must('GET', `/api/${business}/tasks/${jobId}/`, undefined, client);
    return job.hosts.find((run: any) => run.host.inner_ip === address);
  }

  /** Waits for the run's end, and holds everything that is told of it, in both languages, to what is expected. */
  async expectEnd(jobId: number, address: string, end: End, business: number | string = 1): Promise<void> {
    await eventually(
      async () => {
        const { status, step } = await this.runOf(jobId, address, this.english, business);
        if (status === 'QUEUE' || status === 'RUNNING') throw new Error(`${address} is ${status} at ${step}`);
        return true;
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
    const { admin } = this.installation;
    for (const [client, words] of [[admin, end.zh] as const, [this.english, end.en] as const]) {
      const run = await this.runOf(jobId, address, client, business);
      expect([run.err_code, run.err_code_desc]).toEqual([end.errCode, expect.stringMatching(words)]);
      const outcome = end.errCode === 'SUCCESS' ? 'SUCCESS' : 'FAILED';
      expect(run).toMatchObject({ status: outcome, step: `OVER_${outcome}` });
      const path = `/api/${business}/logs/${run.host.id}/?job_id=${jobId}`;
      const { logs, ...log } = await this.installation.must('GET', path, undefined, client);
      expect(log).toMatchObject({ err_code: run.err_code, err_code_desc: run.err_code_desc, status: outcome });
      const last: string = logs.split('\r\n').at(-1);
      expect(last).toMatch(new RegExp(`^\\[[^\\]]+Z\\] \\[OVER_${outcome}\\] `));
      if (outcome === 'FAILED') expect(last).toContain(run.err_code_desc);
      for (const secret of this.secrets) expect(JSON.stringify([run, log, logs])).not.toContain(secret);
    }
  }

  /** Looks for every secret in lists, tables, queues and in what the processes printed. */
  async expectNoSecretAnywhere(): Promise<void> {
    const { installation } = this;
    const seen: [where: string, text: string][] = [
      ['log of the API', installation.api.log],
      ...installation.workers.map(({ log }): [string, string] => ['log of a worker', log]),
      ...(await this.lists()),
      ...(await this.tables()),
      ...(await inRedis()),
    ];
    expect(this.secrets.size).toBeGreaterThan(3);
    for (const [where, text] of seen) {
      for (const secret of this.secrets) expect([where, text.includes(secret)]).toEqual([where, false]);
    }
  }

  private async lists(): Promise<[string, string][]> {
    const lists: [string, string][] = [];
    for (const client of [this.installation.admin, this.english]) {
      for (const path of ['/api/1/hosts/?page_size=500', '/api/1/tasks/?page_size=500']) {
        const data = await this.installation.must('GET', path, undefined, client);
        expect(data.items.length).toBeGreaterThan(0);
        lists.push([path, JSON.stringify(data)]);
      }
    }
    return lists;
  }

  private async tables(): Promise<[string, string][]> {
    const rows = await this.installation.query<{ name: string; text: string }>(`
      SELECT 'run_logs' AS name, string_agg(concat(en, zh), ' ') AS text FROM run_logs
      UNION ALL SELECT 'job_hosts', string_agg(r::text, ' ') FROM job_hosts r
      UNION ALL SELECT 'hosts', string_agg(h::text, ' ') FROM hosts h
      UNION ALL SELECT 'agents', string_agg(a::text, ' ') FROM agents a
      UNION ALL SELECT 'credentials', string_agg(encode(ciphertext, 'escape'), ' ') FROM credentials`);
    return rows.map(({ name, text }) => [name, text ?? '']);
  }
}

async function inRedis(): Promise<[string, string][]> {
  const redis = new Redis(testRedisUrl());
  try {
    const keys = await redis.keys('*');
    return await Promise.all(
      keys.map(async (key): Promise<[string, string]> => [key, (await redis.dumpBuffer(key))?.toString() ?? '']),
    );
  } finally {
    redis.disconnect();
  }
}

/** The row of a task for a host at this place. */
export function rowOf({ address, port }: { address: string; port: number }, login: Row = { password: PASSWORD }): Row {
  return { inner_ips: address, port, account: 'root', ...login };
}
