import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Watchdog } from '../../src/launcher/watchdog.js';
import type { LabAccount, LabHostPlan } from './lab-plan.js';

const INIT = fileURLToPath(new URL('./host-init.sh', import.meta.url));
const NAMESPACES = ['--mount', '--pid', '--net', '--uts', '--ipc'];
const READY_TIMEOUT_MS = 30_000;

/** What a host must not see of the machine: sources, the server's data, other hosts, sockets of services. */
const EMPTY = ['/work', '/root', '/home', '/tmp', '/var/tmp', '/run', '/mnt', '/media', '/srv', process.cwd()];

export interface LabResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LabProcess {
  /** As the host counts. */
  readonly pid: number;
  readonly user: string;
  readonly command: string;
}

/** A host with a real sshd, apart from the machine and from the others. */
export class LabHost {
  readonly port = 22;
  private readonly output: string[] = [];
  private readonly process: ChildProcess;
  private readonly release: () => void;
  private pid = 0;
  private readonly waiting = new Map<string, () => void>();

  constructor(
    private readonly plan: LabHostPlan,
    folder: string,
    watchdog: Watchdog,
  ) {
    const args = [...NAMESPACES, '--fork', '--kill-child', INIT, folder, String(plan.diskMib), ...EMPTY];
    this.process = spawn('unshare', args, { stdio: 'pipe', detached: true });
    this.release = watchdog.guard(this.process.pid!, 'SIGKILL');
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.hear(line));
    }
    this.process.stdin!.on('error', () => undefined);
  }

  get name(): string {
    return this.plan.name;
  }
  /** On the network that the server shares; in a closed area: its only one. */
  get address(): string {
    return this.plan.links[0]!.address;
  }
  /** Of a door: its address inside the closed area. */
  get areaAddress(): string | null {
    return this.plan.links[1]?.address ?? null;
  }
  get rootPassword(): string {
    return this.plan.rootPassword;
  }
  /** OpenSSH PEM without passphrase; opens root and every account that has a home. */
  get privateKey(): string {
    return this.plan.privateKey;
  }
  /** `ssh-ed25519 AAAA…`: what its sshd shows. */
  get hostPublicKey(): string {
    return this.plan.hostPublicKey;
  }
  get accounts(): readonly LabAccount[] {
    return this.plan.accounts;
  }

  /** @throws Error when the host has no such account */
  account(name: string): LabAccount {
    const found = this.plan.accounts.find((account) => account.name === name);
    if (!found) throw new Error(`${this.name} has no account ${name}`);
    return found;
  }

  /** Runs `command` on the host as root, not over the network. A non-zero exit is a result. */
  async exec(command: string, input = ''): Promise<LabResult> {
    const enter = ['-t', String(this.pid), ...NAMESPACES, '--root', '--wd', 'sh', '-c', command];
    const child = spawn('nsenter', enter, {
      stdio: 'pipe',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined).end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  }

  /** What runs on it, except its first process and this question. */
  async processes(): Promise<LabProcess[]> {
    const { stdout } = await this.exec('exec ps -eo pid=,user:32=,args=');
    const all = stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [, pid, user, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line)!;
        return { pid: Number(pid), user: user!, command: command! };
      });
    return all.filter(({ pid, command }) => pid !== 1 && !/^(ps -eo pid=|sleep 86400)/.test(command));
  }

  /** Unplugs its cables: packets vanish, nothing is refused. */
  async unplug(): Promise<void> {
    for (const { name } of this.plan.links) await this.must(`ip link set ${name} down`);
  }

  async plugIn(): Promise<void> {
    await this.must('sh /etc/lab/network 2>/dev/null || true');
    for (const { name } of this.plan.links) await this.must(`ip link set ${name} up`);
  }

  /** Ends sshd; sessions that are open live on. Connections are refused until `startSshd`. */
  async stopSshd(): Promise<void> {
    await this.must('kill "$(cat /run/sshd.pid)"; rm -f /run/sshd.pid');
  }

  async startSshd(): Promise<void> {
    await this.must('sh /etc/lab/sshd');
  }

  /** Power off: every process of it dies at once and its files are gone. */
  async kill(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGKILL');
      await exited;
    }
    this.release();
  }

  /** @internal Resolves to the process whose namespaces the cables go to. */
  async entered(): Promise<number> {
    await this.heard('pid');
    return this.pid;
  }

  /** @internal Tells it that its cables are there; resolves once its sshd listens. */
  async ready(): Promise<void> {
    this.process.stdin!.write('plugged\n');
    await this.heard('ready');
  }

  private async must(command: string): Promise<void> {
    const { code, stderr } = await this.exec(command);
    if (code !== 0) throw new Error(`${this.name}: ${command}: ${stderr}`);
  }

  private hear(line: string): void {
    this.output.push(line);
    const [word = '', value] = line.split(' ');
    if (word === 'pid') this.pid = Number(value);
    this.waiting.get(word)?.();
  }

  /** Lines may come before anybody asks. */
  private async heard(word: string): Promise<void> {
    if (this.output.some((line) => line.split(' ')[0] === word)) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${this.name} ${why} before "${word}":\n${this.output.join('\n')}`));
      this.waiting.set(word, resolve);
      this.process.once('exit', () => fail('ended'));
      timer = setTimeout(() => fail('is silent'), READY_TIMEOUT_MS);
    }).finally(() => clearTimeout(timer));
  }
}
