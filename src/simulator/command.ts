import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerChannel } from 'ssh2';
import { ChannelOutput } from './channel-output.js';
import type { Faults } from './faults.js';
import { noise } from './noise.js';

/** Where and how the commands of a simulated host run. */
export interface CommandSetting {
  root: string;
  env: Readonly<Record<string, string>>;
  faults: Faults;
  /** Resolves when the connection that asked is gone. */
  connectionClosed: Promise<void>;
  /** Cuts that connection: politely, or by a reset. */
  cut: (how: 'close' | 'reset') => void;
}

/**
 * Runs one command as sshd does without a pty: by /bin/sh, in a session of its own, its three streams piped. The exit
 * status is told when it exits; the channel stays open as long as any child holds the output. When the client goes, the
 * pipes close and the processes live on.
 */
export class Command {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly output: ChannelOutput;
  private readonly closed: Promise<void>;
  /** Resolves when the command's own process ended, or never began. */
  readonly exited: Promise<void>;

  constructor(
    command: string,
    private readonly channel: ServerChannel,
    private readonly setting: CommandSetting,
  ) {
    const channelClosed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
    this.closed = Promise.race([channelClosed, setting.connectionClosed]);
    this.output = new ChannelOutput(channel, this.closed);
    this.child = spawn('/bin/sh', ['-c', command], {
      cwd: setting.root,
      env: { ...setting.env, NODEMAN_ROOT: setting.root },
      detached: true,
    });
    this.exited = new Promise((resolve) => this.child.once('exit', () => resolve()).once('error', () => resolve()));
  }

  /** The id of its process group; undefined when it could not be started. */
  get group(): number | undefined {
    return this.child.pid;
  }

  async run(): Promise<void> {
    const { child, channel } = this;
    for (const stream of [child.stdin, child.stdout, child.stderr, channel]) stream.on('error', () => {});
    void this.closed.then(() => this.hangUp());
    this.feed();
    child.once('exit', (code, signal) => this.tellExit(code, signal));
    // Reading begins now, though it may have to wait at its first chunk: when a child exits, Node throws away what
    // nobody reads.
    const ready = this.preface();
    await Promise.all([
      this.forward(child.stdout, 'stdout', ready),
      this.forward(child.stderr, 'stderr', ready),
      ready,
    ]);
    await this.exited;
    channel.end();
  }

  /** What comes before the command's own output. */
  private async preface(): Promise<void> {
    const { faults } = this.setting;
    const late = faults.amount('slow', 2_000);
    if (late !== null) await Promise.race([delay(late, undefined, { ref: false }), this.closed]);
    for (const chunk of noise(faults)) await this.send(chunk, 'stdout');
  }

  private async forward(from: Readable, to: 'stdout' | 'stderr', ready: Promise<void>): Promise<void> {
    try {
      for await (const chunk of from) {
        await ready;
        await this.send(chunk as Buffer, to);
      }
    } catch {
      // The pipe was closed on purpose, when the client went.
    }
  }

  private async send(chunk: Buffer, to: 'stdout' | 'stderr'): Promise<void> {
    const { faults, cut } = this.setting;
    const limit = faults.amount('drop-after', 0) ?? faults.amount('reset-after', 0);
    const fits = limit === null ? chunk.length : limit - this.output.sentBytes;
    await this.pass(fits < chunk.length ? chunk.subarray(0, fits) : chunk, to);
    if (fits < chunk.length) cut(faults.has('drop-after') ? 'close' : 'reset');
  }

  private async pass(chunk: Buffer, to: 'stdout' | 'stderr'): Promise<void> {
    const late = this.setting.faults.amount('slow-bytes', 1);
    if (late === null) return this.output.send(chunk, to);
    for (let at = 0; at < chunk.length && !this.output.isOver; at += 1) {
      await Promise.race([delay(late, undefined, { ref: false }), this.closed]);
      await this.output.send(chunk.subarray(at, at + 1), to);
    }
  }

  private feed(): void {
    this.channel.pipe(this.child.stdin);
    // A command that reads no input must not keep the client's EOF from being seen.
    this.child.stdin.once('close', () => this.channel.unpipe(this.child.stdin).resume());
  }

  private tellExit(code: number | null, signal: string | null): void {
    if (this.setting.faults.has('no-exit-status')) return;
    if (signal !== null) this.channel.exit(signal.replace(/^SIG/, ''), false, '');
    else this.channel.exit(code ?? 255);
  }

  private hangUp(): void {
    this.child.stdin.destroy();
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }
}
