import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { createServer, type Server as TcpServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import ssh2, { type Connection, type Server, type Session } from 'ssh2';
import { newSshKeyPair } from '../common/crypto/openssh-key.js';
import { ALL_PERMISSIONS, readAuthorizedKeys, type Permissions } from './authorized-keys.js';
import { Command } from './command.js';
import { Faults, type Fault } from './faults.js';
import { Forwards } from './forwards.js';
import { LoginPolicy, type LoginAttempt, type LoginPolicyOptions } from './login-policy.js';
import { makeTools } from './tools.js';

const HOST_KEY_FILE = 'etc/ssh/ssh_host_ed25519_key';
const BASE_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

export interface SimulatedHostOptions extends LoginPolicyOptions {
  /** A loopback address. */
  address: string;
  /** 0 takes a free one. */
  port: number;
  /** The folder that the host's commands take for their root; made when it is not there. The host key is kept in it. */
  root: string;
  faults?: readonly Fault[];
  /** More environment for the commands. */
  env?: Readonly<Record<string, string>>;
  /** Whether it makes TCP connections for its clients, to loopback addresses. Default: no. */
  forwards?: boolean;
  /** Addresses whose connections are taken; others are reset, as where there is no route. Default: all. */
  reachableFrom?: readonly string[];
}

/** A machine with an SSH server, simulated: its commands are real, its root is a folder. */
export class SimulatedHost {
  readonly address: string;
  readonly account: string;
  /** The folder, with symbolic links resolved: what its commands see as NODEMAN_ROOT. */
  root: string;
  port: number;
  /** The public half of its host key, in the form of known_hosts. */
  publicHostKey = '';
  /** TCP connections since the start. */
  connectionCount = 0;
  /** Commands since the start, in order. */
  readonly commands: string[] = [];
  /** Process groups of its commands whose leaders run. The id of one that ended may be somebody else's by now. */
  readonly groups = new Set<number>();
  /** Connections that it made for its clients. */
  readonly forwards: Forwards;
  /** Addresses that connections came from, refused ones too. */
  readonly peers = new Set<string>();
  private readonly faults: Faults;
  private readonly logins: LoginPolicy;
  private readonly sockets = new Map<string, Socket>();
  private tcp: TcpServer | null = null;
  private env: Readonly<Record<string, string>> = {};

  constructor(private readonly options: SimulatedHostOptions) {
    this.address = options.address;
    this.account = options.account;
    this.port = options.port;
    this.root = options.root;
    this.faults = new Faults(options.faults);
    this.forwards = new Forwards(options.address);
    this.logins = new LoginPolicy(options, this.faults, () => readAuthorizedKeys(this.root));
  }

  /** Logins that were tried, in order, refused ones too. */
  get loginAttempts(): readonly LoginAttempt[] {
    return this.logins.attempts;
  }

  async start(): Promise<void> {
    await mkdir(this.options.root, { recursive: true });
    this.root = await realpath(this.options.root);
    const env = { ...BASE_ENV, ...this.options.env };
    this.env = { ...env, PATH: await makeTools(this.root, this.faults, env.PATH) };
    const ssh = this.sshServer(await this.hostKey());
    this.tcp = createServer({ noDelay: true }, (socket) => this.onSocket(socket, ssh));
    await new Promise<void>((resolve, reject) => {
      this.tcp?.once('error', reject).listen(this.options.port, this.address, resolve);
    });
    const bound = this.tcp.address();
    if (bound !== null && typeof bound === 'object') this.port = bound.port;
    if (this.faults.has('refused')) await this.disconnect();
  }

  /** Stops listening and breaks all connections; processes live on. */
  async disconnect(): Promise<void> {
    const { tcp } = this;
    this.tcp = null;
    for (const socket of this.sockets.values()) socket.destroy();
    this.forwards.close();
    if (tcp) await new Promise<void>((resolve) => tcp.close(() => resolve()));
  }

  /** Resets all connections, as a machine that lost its power and came back would. */
  resetConnections(): void {
    for (const socket of this.sockets.values()) socket.resetAndDestroy();
  }

  /** Stops listening to all connections without ending them, as a machine whose cable was pulled would. */
  pauseConnections(): void {
    for (const socket of this.sockets.values()) socket.pause();
  }

  private async hostKey(): Promise<string> {
    const file = join(this.root, HOST_KEY_FILE);
    const isKept = !this.faults.has('key-change');
    const known = isKept ? await readFile(file, 'utf8').catch(() => null) : null;
    const key = known ?? newSshKeyPair().privateKey;
    if (known === null && isKept) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, key, { mode: 0o600 });
    }
    const parsed = ssh2.utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    this.publicHostKey = `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
    return key;
  }

  /** It does not listen by itself: the sockets come from a server of ours, so that faults can have their way with them. */
  private sshServer(hostKey: string): Server {
    return new ssh2.Server({ hostKeys: [hostKey], ident: 'NodemanSimulator' }, (connection, { ip, port }) => {
      const socket = this.sockets.get(`${ip}:${port}`);
      if (socket) this.onConnection(connection, socket);
    });
  }

  private onSocket(socket: Socket, ssh: Server): void {
    const { remoteAddress: from = '' } = socket;
    const { reachableFrom } = this.options;
    this.peers.add(from);
    if (reachableFrom && !reachableFrom.includes(from)) return void socket.resetAndDestroy();
    this.connectionCount += 1;
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    this.sockets.set(peer, socket);
    socket.on('error', () => {}).once('close', () => this.sockets.delete(peer));
    if (this.faults.has('silent')) return void socket.resume();
    if (this.faults.has('endless-banner')) return babble(socket);
    ssh.injectSocket(socket);
  }

  private onConnection(connection: Connection, socket: Socket): void {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    let permissions: Permissions = ALL_PERMISSIONS;
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      const answered = this.logins.answer(context, (granted) => (permissions = granted));
      void answered.catch(() => socket.destroy());
    });
    connection.on('ready', () => {
      if (this.options.forwards && permissions.mayForward && !this.faults.has('forward-refused'))
        this.forwards.allow(connection);
    });
    connection.on('session', (accept) => this.onSession(accept(), socket, closed, permissions));
  }

  private onSession(session: Session, socket: Socket, connectionClosed: Promise<void>, granted: Permissions): void {
    session.on('exec', (accept, _reject, { command }) => {
      this.commands.push(command);
      const running = new Command(granted.forcedCommand ?? command, accept(), {
        root: this.root,
        env: this.env,
        faults: this.faults,
        connectionClosed,
        cut: (how) => (how === 'reset' ? socket.resetAndDestroy() : socket.destroy()),
      });
      this.track(running);
      void running.run().catch(() => socket.destroy());
    });
  }

  private track(command: Command): void {
    const { group } = command;
    if (group === undefined) return;
    this.groups.add(group);
    void command.exited.then(() => this.groups.delete(group));
  }
}

/** Lines before the version string, which the protocol allows and does not count. @see RFC 4253, 4.2 */
function babble(socket: Socket): void {
  socket.resume();
  const say = (): void => {
    while (socket.writable && socket.write('Welcome! Please hold the line, you will be served soon.\r\n'.repeat(20)));
  };
  socket.on('drain', say);
  say();
}
