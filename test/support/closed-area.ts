import type { LabHost } from '../lab/lab-host.js';
import { createLab, type Lab } from '../lab/lab.js';
import { eventually } from './eventually.js';
import { endOfJob, Installation, type InstallationOptions } from './installation.js';

type Row = Record<string, unknown>;

export interface ClosedAreaOptions {
  doors: number;
  /** Hosts behind the doors. */
  hosts: number;
  /** Lines of the doors' sshd_config. */
  sshd?: readonly string[];
  env?: InstallationOptions['env'];
}

/** A network that the server has no route to, with doors that have a leg in both, and nodeman in front of it. */
export class ClosedArea {
  private constructor(
    readonly lab: Lab,
    readonly installation: Installation,
    readonly cloudId: string,
  ) {}

  static async start({ doors, hosts, sshd = [], env }: ClosedAreaOptions): Promise<ClosedArea> {
    const lab = await createLab({ hosts: Array.from({ length: doors }, () => ({ sshd })), area: { hosts, doors } });
    let installation: Installation | undefined;
    try {
      installation = await Installation.start({ publicAddress: lab.serverAddress, ...(env && { env }) });
      await installation.startWorker();
      const { server } = installation;
      await installation.must('POST', '/api/config/kv/', { key: 'nginx', inner_ip: server, outer_ip: server });
      const { bk_cloud_id } = await installation.must('POST', '/api/1/clouds/', { bk_cloud_name: 'closed' });
      return new ClosedArea(lab, installation, bk_cloud_id);
    } catch (error) {
      await installation?.stop();
      await lab.stop();
      throw error;
    }
  }

  get doors(): readonly LabHost[] {
    return this.lab.hosts;
  }

  get hosts(): readonly LabHost[] {
    return this.lab.areaHosts;
  }

  async stop(): Promise<void> {
    await this.installation.stop();
    await this.lab.stop();
  }

  /** The row of a host: a door is known by its address inside, and logged in to at the one outside. */
  rowOf(host: LabHost, login: Row = { account: 'root', password: host.rootPassword }): Row {
    const { areaAddress, address, port } = host;
    return areaAddress === null
      ? { inner_ips: address, port, ...login }
      : { inner_ips: areaAddress, outer_ip: address, port, ...login };
  }

  /** The same host, by what is stored of it. */
  static named({ areaAddress, address }: LabHost): Row {
    return { inner_ips: areaAddress ?? address };
  }

  async submit(op_type: string, node_type: 'PROXY' | 'PAGENT', rows: Row[], more: Row = {}): Promise<number> {
    const body = { op_type, node_type, bk_cloud_id: this.cloudId, hosts: rows, ...more };
    return (await this.installation.must('POST', '/api/1/tasks/', body)).id;
  }

  /** What the API refuses a task with. */
  async refusalOf(op_type: string, node_type: 'PROXY' | 'PAGENT', rows: Row[]): Promise<any> {
    const body = { op_type, node_type, bk_cloud_id: this.cloudId, hosts: rows };
    return (await this.installation.admin.request('POST', '/api/1/tasks/', { body })).body;
  }

  /** Does it on all of them, and expects it to end well on each. */
  async operate(op_type: string, node_type: 'PROXY' | 'PAGENT', rows: Row[], more: Row = {}): Promise<any> {
    return this.success(await this.submit(op_type, node_type, rows, more));
  }

  async success(jobId: number): Promise<any> {
    const job = await endOfJob(this.installation, jobId, 120_000);
    const failures = job.hosts.filter((run: any) => run.status !== 'SUCCESS');
    expect(failures.map((run: any) => `${run.host.inner_ip}: ${run.err_code} ${run.err_code_desc}`)).toEqual([]);
    return job;
  }

  /** The log of a host's last run, in English. */
  async logOf({ areaAddress, address }: LabHost): Promise<string> {
    const { id } = await this.item(areaAddress ?? address);
    const english = this.installation.admin.with({ 'accept-language': 'en' });
    return (await this.installation.must('GET', `/api/1/logs/${id}/`, undefined, english)).logs;
  }

  /** The host as the list shows it. */
  async item(address: string): Promise<any> {
    const path = `/api/1/hosts/?bk_cloud_id=${this.cloudId}&ip=${address}`;
    const { items } = await this.installation.must('GET', path);
    if (items.length !== 1) throw new Error(`${items.length} hosts at ${address}`);
    return items[0];
  }

  /** How many proxies there are, and how many are usable, from both places that tell. */
  async proxyCounts(): Promise<[total: number, valid: number]> {
    const { installation, cloudId } = this;
    const cloud = await installation.must('GET', `/api/1/clouds/${cloudId}/`);
    const check = await installation.must('POST', '/api/1/hosts/proxy/check/', { bk_cloud_id: cloudId });
    expect([cloud.proxy_total, cloud.proxy_valid]).toEqual([check.total, check.valid_count]);
    return [check.total, check.valid_count];
  }

  /** Waits until each of these agents has reported after now. */
  async haveReported(hosts: readonly LabHost[], timeoutMs = 20_000): Promise<void> {
    const [{ now }] = (await this.installation.query('SELECT now()::text AS now')) as [{ now: string }];
    const addresses = hosts.map(({ areaAddress, address }) => areaAddress ?? address);
    await eventually(
      async () => {
        const silent = await this.installation.query<{ address: string }>(
          `SELECT host(h.inner_ip) AS address FROM hosts h LEFT JOIN agents a ON a.host_id = h.id
           WHERE h.cloud_id = $1 AND host(h.inner_ip) = ANY($2) AND a.reported_at IS DISTINCT FROM greatest(a.reported_at, $3)`,
          [this.cloudId, addresses, now],
        );
        if (silent.length === 0) return true;
        throw new Error(`no report from ${silent.map(({ address }) => address).join(', ')}`);
      },
      { timeoutMs, everyMs: 200 },
    );
  }
}

/** Runs a command on a host as root, not over the network, which must work. */
export async function on(host: LabHost, command: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await host.exec(command, input);
  if (code !== 0) throw new Error(`${host.name}: ${command}: ${stderr}`);
  return stdout;
}
