import { setTimeout as delay } from 'node:timers/promises';
import type { DemoClient, DemoHostItem, DemoJob, DemoTarget } from './demo-client.js';
import type { DemoHosts } from './demo-hosts.js';
import { layOut, LiveTable, type TableRow } from './demo-table.js';
import { LauncherError } from './launcher.errors.js';

const POLL_MS = 250;
/** Longer than any run may take by default. */
const TIMEOUT_MS = 240_000;
const WRONG_PASSWORD = 'not-the-password';

/** The main job before the reader's eyes: installs the agent on the demo's hosts and shows how it goes. */
export class DemoScenario {
  constructor(
    private readonly client: DemoClient,
    private readonly fleet: DemoHosts,
    private readonly say: (line: string) => void,
  ) {}

  /** Returns the hosts as they are in the end. */
  async play(): Promise<DemoHostItem[]> {
    await this.endEarlierRuns();
    const jobs = await this.submit();
    const runs = (await this.watch(jobs)).flatMap((job) => job.hosts);
    const hosts = await this.hosts();
    this.say('\nThe hosts now:');
    this.say(layOut([['HOST', 'AGENT', 'VERSION', 'LAST HEARTBEAT'], ...hosts.map(hostCells)]).join('\n'));
    for (const { host, err_code, err_code_desc } of runs.filter(({ status }) => status === 'FAILED')) {
      this.say(`\n${host.inner_ip} failed with ${err_code}:\n  ${err_code_desc}`);
      if (host.inner_ip === this.wrongAddress()) this.say('  (Its password was wrong on purpose.)');
    }
    return hosts;
  }

  /** A demo that was killed may have left runs that hosts are still busy with. */
  private async endEarlierRuns(): Promise<void> {
    const isBusy = ({ job_result }: DemoHostItem) => ['QUEUE', 'RUNNING'].includes(job_result.status);
    const busy = (await this.hosts()).filter(isBusy);
    if (busy.length === 0) return;
    this.say('Ending what an earlier start left unfinished …');
    for (const jobId of new Set(busy.map(({ job_result }) => job_result.job_id))) await this.client.cancel(jobId);
    await this.until(async () => !(await this.hosts()).some(isBusy), 'the end of earlier runs');
  }

  private async submit(): Promise<DemoJob[]> {
    const hosts = await this.hosts();
    const managed = new Set(hosts.filter((host) => agentOf(host).version !== '--').map(({ inner_ip }) => inner_ip));
    const targets = this.fleet.hosts.map(({ address, port }) => this.target(address, port));
    const [again, anew] = [true, false].map((is) => targets.filter(({ inner_ips }) => managed.has(inner_ips) === is));
    const jobs: DemoJob[] = [];
    if (anew!.length > 0) jobs.push(await this.client.submit('INSTALL', anew!));
    if (again!.length > 0) jobs.push(await this.client.submit('REINSTALL', again!));
    this.say(`INSTALL on ${anew!.length} hosts, REINSTALL on ${again!.length} that are managed already:\n`);
    return jobs;
  }

  private async watch(jobs: readonly DemoJob[]): Promise<DemoJob[]> {
    const table = new LiveTable(['HOST', 'STATUS', 'STEP', 'ERR_CODE']);
    let current = [...jobs];
    await this.until(async () => {
      current = await Promise.all(jobs.map(({ id }) => this.client.job(id)));
      table.show(current.flatMap(rowsOf));
      return current.every(({ hosts }) => hosts.every(({ status }) => status === 'SUCCESS' || status === 'FAILED'));
    }, 'the end of the jobs');
    return current;
  }

  private hosts(): Promise<DemoHostItem[]> {
    return this.client.hostsAt(this.fleet.hosts.map(({ address }) => address));
  }

  private target(address: string, port: number): DemoTarget {
    const password = address === this.wrongAddress() ? WRONG_PASSWORD : this.fleet.password;
    return { inner_ips: address, port, account: 'root', password };
  }

  /** The last one's password is wrong, so that the reader meets a good error; a lone host's is right. */
  private wrongAddress(): string | undefined {
    return this.fleet.hosts.slice(1).at(-1)?.address;
  }

  private async until(isDone: () => Promise<boolean>, what: string): Promise<void> {
    for (const deadline = Date.now() + TIMEOUT_MS; !(await isDone()); await delay(POLL_MS)) {
      if (Date.now() > deadline) throw new LauncherError(`Waited ${TIMEOUT_MS / 1000} s in vain for ${what}.`);
    }
  }
}

function rowsOf({ id, hosts }: DemoJob): TableRow[] {
  return hosts.map(({ host, status, step, err_code }) => ({
    key: `${id}/${host.id}`,
    cells: [host.inner_ip.padEnd(15), status.padEnd(7), step.padEnd(14), err_code],
  }));
}

function agentOf({ status }: DemoHostItem) {
  return status.find(({ type }) => type === 'agent') ?? { status: 'UNKNOWN', version: '--', update_time: '' };
}

function hostCells(host: DemoHostItem): string[] {
  const agent = agentOf(host);
  const isKnown = agent.version !== '--';
  return [host.inner_ip, agent.status, agent.version, isKnown ? agent.update_time : '--'];
}
