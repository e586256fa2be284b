import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { agentBootstrap, agentScript } from '../../scripts/build-agent-script.mjs';
import { eventually } from './eventually.js';

const NONCE = 'Nonce0123456789abcdef';
const MARK = `@nm:${NONCE}:`;

/** What a call came to. `text` is everything it printed that is no marker. */
export interface CallResult {
  readonly code: number;
  readonly fail: string;
  readonly facts: Record<string, string>;
  /** The commands that failed, each behind its exit code. */
  readonly ran: string[];
  /** `<name> <pass|fail|skip> <evidence>` */
  readonly checks: string[];
  readonly text: string;
}

export interface ShellOptions {
  /** False: the shell shares our process group, as under sudo. */
  detached?: boolean;
  /** Replaces the script's text before it is sent. */
  edit?: (script: string) => string;
}

/** One session of the remote script in a local shell: the controller's side of the protocol in agent/README.md. */
export class TargetShell {
  private output = '';
  private readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  pid = 0;
  pgid = 0;

  private constructor(readonly process: ChildProcess) {
    process.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    process.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    process.stdin?.on('error', () => undefined);
    this.ended = once(process, 'exit').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  /** `argv` is the shell with its leading arguments; `-c <bootstrap>` is appended. */
  static async open(
    argv: readonly string[],
    env: NodeJS.ProcessEnv,
    { detached = true, edit = (script) => script }: ShellOptions = {},
  ): Promise<TargetShell> {
    const line = (await agentBootstrap()).replace('@NONCE@', NONCE);
    const child = spawn(argv[0] ?? 'sh', [...argv.slice(1), '-c', line], { env, detached });
    const shell = new TargetShell(child);
    child.stdin?.write(`a password nobody read\nBEGIN ${NONCE}\n${edit(await agentScript())}END ${NONCE}\n`);
    const ready = await shell.marker('ready');
    [shell.pid = 0, shell.pgid = 0] = ready.split(' ').map(Number);
    return shell;
  }

  get log(): string {
    return this.output;
  }

  write(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  set(values: Record<string, string | number>): void {
    for (const [name, value] of Object.entries(values)) this.write(`set ${name} ${value}`);
  }

  async call(name: string): Promise<CallResult> {
    const from = this.output.length;
    this.write(`call ${name}`);
    const code = Number(await this.marker(`done ${name}`, from));
    const lines = this.output.slice(from).split('\n');
    const marked = (kind: string) =>
      lines
        .filter((line) => line.startsWith(`${MARK}${kind} `))
        .map((line) => line.slice(MARK.length + kind.length + 1));
    return {
      code,
      fail: marked('fail')[0] ?? '',
      ran: marked('ran'),
      checks: marked('check'),
      facts: Object.fromEntries(marked('fact').map((fact) => fact.split(/=(.*)/s).slice(0, 2))) as Record<
        string,
        string
      >,
      text: lines.filter((line) => !line.startsWith(MARK)).join('\n'),
    };
  }

  /** @returns the script's exit code, after `stopped` */
  async stop(): Promise<number | null> {
    this.write('stop');
    await this.marker('stopped');
    return (await this.ended).code;
  }

  async hangUp(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.process.stdin?.end();
    return this.ended;
  }

  async end(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.ended;
  }

  /** Waits for text in the output. */
  async says(text: string): Promise<void> {
    await eventually(() => this.output.includes(text), { everyMs: 5 });
  }

  private async marker(kind: string, from = 0): Promise<string> {
    const start = `${MARK}${kind}`;
    return eventually(
      () => {
        const line = this.output
          .slice(from)
          .split('\n')
          .slice(0, -1)
          .find((each) => each.startsWith(start));
        if (line === undefined) throw new Error(`no '${kind}' in:\n${this.output.slice(from)}`);
        return line === start ? ' ' : line.slice(start.length + 1);
      },
      { everyMs: 5, timeoutMs: 15_000 },
    );
  }
}

export interface Report {
  readonly token: string;
  readonly state: string;
  readonly version: string;
  readonly processes: { name: string; status: string; version: string }[];
  readonly command_result?: { id: number; code: number; text: string };
}

/** A file server and heartbeat endpoint on loopback. `answer` is the data of the next heartbeat answers. */
export class TargetServer {
  readonly reports: Report[] = [];
  readonly downloads: string[] = [];
  files = new Map<string, Buffer>();
  answer: unknown = { interval: 1, servers: [] };
  /** Whether a report is answered with an error, though it is remembered. */
  refuses: (report: Report) => boolean = () => false;
  /** A download never ends while this is true. */
  stalls = false;
  private readonly server: Server = createServer((request, response) => this.handle(request, response));

  static async start(): Promise<TargetServer> {
    const server = new TargetServer();
    server.server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  states(token?: string): string[] {
    return this.reports.filter((report) => token === undefined || report.token === token).map((report) => report.state);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/api/agent/heartbeat') {
        const report = JSON.parse(Buffer.concat(chunks).toString()) as Report;
        this.reports.push(report);
        if (this.refuses(report)) response.writeHead(503).end();
        else response.end(JSON.stringify({ result: true, code: 'OK', message: 'success', data: this.answer }));
        return;
      }
      this.download(decodeURIComponent(request.url ?? '').replace('/download/', ''), response);
    });
  }

  private download(file: string, response: ServerResponse): void {
    this.downloads.push(file);
    const bytes = this.files.get(file);
    if (bytes === undefined) {
      response.writeHead(404).end('not here');
      return;
    }
    response.writeHead(200, { 'content-length': bytes.length });
    if (this.stalls) response.write(bytes.subarray(0, 100));
    else response.end(bytes);
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Pids of processes that work in this folder or below, or whose command line names it. */
export function processesAt(folder: string): number[] {
  const worksThere = (pid: number) => `${link(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`);
  return pids().filter((pid) => worksThere(pid) || read(`/proc/${pid}/cmdline`).includes(`${folder}/`));
}

/** Pids of living processes in this process group or session. */
export function groupMembers(pgid: number): number[] {
  return pids().filter((pid) => {
    const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    return fields[0] !== 'Z' && (fields[2] === String(pgid) || fields[3] === String(pgid));
  });
}

/** Pids of processes whose command line or environment holds this text. */
export function processesWith(text: string, where: readonly ('cmdline' | 'environ')[] = ['cmdline']): number[] {
  return pids().filter((pid) => where.some((file) => read(`/proc/${pid}/${file}`).includes(text)));
}

function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1);
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
