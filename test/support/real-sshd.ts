import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RealSshdOptions {
  /** Lines of sshd_config. */
  config?: readonly string[];
  /** Root's password on this server; without it root has none. */
  rootPassword?: string;
  /** Lines of root's authorized_keys. */
  authorizedKeys?: readonly string[];
  /** Host keys to make, for example `ed25519`, `rsa`, `ecdsa`. */
  hostKeyTypes?: readonly string[];
}

/**
 * Starts OpenSSH's own server on a free loopback port. Needs root: in a mount namespace of its own it sees another
 * /etc/shadow, so that root can have a password there and nothing changes on this machine.
 */
export async function startRealSshd(options: RealSshdOptions = {}): Promise<RealSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'real-sshd-'));
  const port = await freePort();
  const config = [`ListenAddress 127.0.0.1:${port}`, 'PidFile none', 'StrictModes no', 'LogLevel VERBOSE'];
  for (const type of options.hostKeyTypes ?? ['ed25519']) {
    const file = join(folder, `host_${type}`);
    await run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
    config.push(`HostKey ${file}`);
  }
  config.push(
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PermitRootLogin yes',
    ...(options.config ?? []),
  );
  await writeFile(join(folder, 'authorized_keys'), (options.authorizedKeys ?? []).join('\n'), { mode: 0o600 });
  await writeFile(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  await writeShadow(join(folder, 'shadow'), options.rootPassword);
  await mkdir('/run/sshd', { recursive: true });
  const script = `mount --bind ${folder}/shadow /etc/shadow && exec /usr/sbin/sshd -D -e -f ${folder}/sshd_config`;
  const server = spawn('unshare', ['--mount', 'sh', '-c', script], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const sshd = new RealSshd(port, folder, server);
  await sshd.listening();
  return sshd;
}

/** An OpenSSH server that runs. */
export class RealSshd {
  /** What it logged so far. */
  log = '';
  readonly address = '127.0.0.1';

  constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly server: ChildProcess,
  ) {
    server.stderr?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
  }

  /** The public half of a host key, in the form of known_hosts. */
  async hostKey(type = 'ed25519'): Promise<string> {
    return (await readFile(join(this.folder, `host_${type}.pub`), 'utf8')).split(' ').slice(0, 2).join(' ');
  }

  listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('exit', () => reject(new Error(`sshd ended: ${this.log}`)));
      this.server.stderr?.on('data', () => this.log.includes('Server listening on') && resolve());
    });
  }

  /** Stops it from answering, and its sessions too, while the kernel goes on accepting connections for it. */
  freeze(): void {
    this.signal('SIGSTOP', this.processes());
  }

  /** Ends the sessions that it holds; it goes on listening. */
  breakSessions(): void {
    const [, ...sessions] = this.processes();
    this.signal('SIGKILL', sessions);
  }

  /** Ends the server and the sessions that it holds. */
  async kill(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    this.signal('SIGKILL', this.processes());
    await ended;
  }

  /** As `kill`, and leaves nothing behind. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private signal(signal: NodeJS.Signals, pids: readonly number[]): void {
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // One that has ended by itself meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  /** The server first, then all that it started: each session has a process group of its own. */
  private processes(): number[] {
    const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
    const childrenOf = (pid: number): number[] =>
      table.filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...childrenOf(child)]);
    return [this.server.pid!, ...childrenOf(this.server.pid!)];
  }
}

/** Makes a key pair with ssh-keygen, with these further arguments. */
export async function makeKeyPair(...keygenArguments: string[]): Promise<{ privateKey: string; publicKey: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'key-pair-'));
  try {
    const file = join(folder, 'key');
    const passphrase = keygenArguments.includes('-N') ? [] : ['-N', ''];
    await run('ssh-keygen', ['-q', '-f', file, ...passphrase, ...keygenArguments]);
    const [privateKey, publicKey] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.pub`, 'utf8')]);
    return { privateKey, publicKey: publicKey.trim() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeShadow(file: string, rootPassword: string | undefined): Promise<void> {
  await copyFile('/etc/shadow', file);
  if (rootPassword === undefined) return;
  const hash = await new Promise<string>((resolve, reject) => {
    const child = execFile('openssl', ['passwd', '-6', '-stdin'], (error, out) =>
      error ? reject(error) : resolve(out.trim()),
    );
    child.stdin?.end(`${rootPassword}\n`);
  });
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => !line.startsWith('root:'));
  await writeFile(file, [`root:${hash}:19000:0:99999:7:::`, ...lines].join('\n'), { mode: 0o600 });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject).listen(0, '127.0.0.1', () => {
      const bound = probe.address();
      probe.close(() => (bound && typeof bound === 'object' ? resolve(bound.port) : reject(new Error('no port'))));
    });
  });
}
