import type { ApiResponse } from '../support/api.js';
import { PASSWORD } from './chaos-hosts.js';
import type { Random } from './random.js';
import type { World } from './world.js';

const JOBS = '/api/1/tasks/';
/** What is answered while Postgres or Redis is down. */
const UNAVAILABLE = 503;

interface Submission {
  key: string;
  body: object;
}

interface HostState {
  inner_ip: string;
  job_status: string | null;
  is_installed: boolean;
}

/** Somebody who submits jobs and cancels them, whatever happens, and sends again what got no answer. */
export class Operator {
  jobs = 0;
  /** Answers that nothing excuses, in words. */
  readonly complaints: string[] = [];
  /** Got no answer yet. */
  private readonly unanswered: Submission[] = [];
  private submissions = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly name: string,
  ) {}

  /** Sends some hosts to work that have none. */
  async submit(): Promise<void> {
    const idle = (await this.hosts()).filter(({ job_status }) => job_status !== 'QUEUE' && job_status !== 'RUNNING');
    if (idle.length === 0) return;
    const chosen = this.random.some(idle);
    const isInstalled = chosen[0]!.is_installed;
    const hosts = chosen.filter((host) => host.is_installed === isInstalled);
    const op_type = isInstalled ? this.random.pick(['REINSTALL', 'UPGRADE', 'UNINSTALL']) : 'INSTALL';
    const rows = hosts.map(({ inner_ip }) => ({
      ...{ inner_ips: inner_ip, port: this.world.hosts.at(inner_ip).machine.port },
      ...{ account: 'root', password: PASSWORD },
    }));
    this.submissions += 1;
    const version = op_type === 'UNINSTALL' ? undefined : this.random.pick(this.world.versions);
    const body = { op_type, node_type: 'AGENT', bk_cloud_id: '0', version, hosts: rows };
    await this.send({ key: `${this.name}-${this.submissions}`, body });
  }

  /** Ends a job that is not over, or some of its hosts. */
  async cancel(): Promise<void> {
    const runs = await this.ask<{ job_id: number; host_id: number }>(
      `SELECT job_id, host_id FROM job_hosts WHERE status IN ('QUEUE', 'RUNNING') ORDER BY job_id, host_id`,
    );
    if (runs.length === 0) return;
    const { job_id } = this.random.pick(runs);
    const its = runs.filter((run) => run.job_id === job_id).map(({ host_id }) => host_id);
    const which = this.random.isIn(50) ? `?host_ids=${this.random.some(its).join(',')}` : '';
    await this.request('DELETE', `${JOBS}${job_id}/${which}`);
  }

  /** Sends again what got no answer: whether it was taken or not, it must come to be one job. */
  async settle(): Promise<void> {
    for (const submission of this.unanswered.splice(0)) await this.send(submission);
    if (this.unanswered.length > 0) throw new Error('the API does not answer, though nothing disturbs it');
  }

  private async send({ key, body }: Submission): Promise<void> {
    const answer = await this.request('POST', JOBS, body, key);
    if (answer === null) this.unanswered.push({ key, body });
    else if (answer.body.result === true) this.jobs += 1;
    else if (answer.body.code !== 'VALIDATE_ERROR')
      this.complaints.push(`POST ${JOBS}: ${JSON.stringify(answer.body)}`);
  }

  /** Null when there is no answer, or none that says what became of it. */
  private async request(method: string, path: string, body?: object, key?: string): Promise<ApiResponse | null> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    try {
      const answer = await this.world.installation.admin.request(method, path, { body, headers });
      if (answer.status >= 500 && answer.status !== UNAVAILABLE)
        this.complaints.push(`${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.status >= 500 ? null : answer;
    } catch (error) {
      if (error instanceof TypeError) return null;
      throw error;
    }
  }

  private async hosts(): Promise<HostState[]> {
    const known = await this.ask<HostState>(
      'SELECT host(inner_ip) AS inner_ip, job_status, agent_installed AS is_installed FROM hosts',
    );
    return this.world.hosts.all.map(
      ({ address }) =>
        known.find(({ inner_ip }) => inner_ip === address) ?? {
          inner_ip: address,
          job_status: null,
          is_installed: false,
        },
    );
  }

  /** Nothing, when Postgres is away just now. */
  private async ask<Row>(sql: string): Promise<Row[]> {
    return this.world.installation.query<Row>(sql).catch(() => []);
  }
}
