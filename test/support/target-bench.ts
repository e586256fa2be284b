import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAgent } from '../../scripts/build-agent-package.mjs';
import { eventually } from './eventually.js';
import { processesWith, sha256, TargetServer, TargetShell, type ShellOptions } from './target-shell.js';

export const ARCH = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
export const TOKEN = '7.tOkEn-nObOdY-mAy-SeE';
export const DASH = ['/usr/bin/dash'];
/** What the script and the agent call, downloaders apart. */
export const COMMANDS =
  'cat chmod cp date dd df env grep gzip head id ln ls mkdir mv readlink rm rmdir setsid sha256sum sh sleep tail tar timeout tr true uname wc';

/** Replaces a file's text before it is packed. */
export type Edit = (path: string, text: string) => string;

export const asIs: Edit = (_path, text) => text;

export const withVersion =
  (version: string, edit: Edit = asIs): Edit =>
  (path, text) =>
    path === 'manifest' ? text.replace(/^version=.*$/m, `version=${version}`) : edit(path, text);

/** Has the agent's programs run by another shell. */
export const withShebang =
  (shebang: string): Edit =>
  (_path, text) =>
    text.replace('#!/bin/sh', shebang);

/** A host without root below one folder, a server, and sessions of the remote script. Make one per test; `close` looks that nothing is left. */
export class TargetBench {
  readonly base = mkdtempSync(join(tmpdir(), 'nodeman-target-'));
  readonly root = join(this.base, 'root');
  private readonly open: TargetShell[] = [];

  private constructor(readonly server: TargetServer) {
    mkdirSync(this.root);
  }

  static async start(): Promise<TargetBench> {
    return new TargetBench(await TargetServer.start());
  }

  async close(): Promise<void> {
    for (const shell of this.open) if (shell.process.exitCode === null) await shell.hangUp();
    await eventually(() => {
      const left = this.processes();
      left.forEach(kill);
      return left.length === 0;
    });
    await this.server.close();
    rmSync(this.base, { recursive: true, force: true });
  }

  home(path = ''): string {
    return join(this.root, 'opt/nodeman/agent', path);
  }

  /** A file's text below the agent's folder. */
  text(path: string): string {
    return readFileSync(this.home(path), 'utf8');
  }

  processes(below = ''): number[] {
    return processesWith(`${this.root}/${below}`);
  }

  async session(argv: readonly string[] = DASH, env: NodeJS.ProcessEnv = {}, options?: ShellOptions) {
    return this.keep(
      await TargetShell.open(argv, { PATH: process.env.PATH, NODEMAN_ROOT: this.root, ...env }, options),
    );
  }

  /** Has a session that was opened by hand closed with the others. */
  keep(shell: TargetShell): TargetShell {
    this.open.push(shell);
    return shell;
  }

  /** Puts the package on the server and tells the session about it. */
  async offer(shell: TargetShell, edit: Edit = asIs, os = 'linux'): Promise<{ file: string; bytes: Buffer }> {
    const agent = await packAgent(os === 'aix' ? 'ppc' : ARCH, edit, os);
    this.server.files.set(agent.file, agent.bytes);
    shell.set({
      run_id: 1,
      host_id: 7,
      token: TOKEN,
      servers: this.server.address,
      interval: 3600,
      package_file: agent.file,
      package_name: 'nodeman-agent',
      package_version: /agent-([^-]+)-/.exec(agent.file)?.[1] ?? '',
      package_sha256: sha256(agent.bytes),
    });
    return agent;
  }

  /** Downloads, installs, and waits for the first report. */
  async installed(shell: TargetShell, edit: Edit = asIs, os = 'linux'): Promise<void> {
    await this.offer(shell, edit, os);
    const count = this.server.reports.length;
    expect(await shell.call('download')).toMatchObject({ code: 0 });
    expect(await shell.call('install')).toMatchObject({ code: 0, fail: '' });
    await eventually(() => this.server.reports.length > count);
  }

  /** A folder with nothing but the named commands, for PATH. */
  toolbox(commands: string, from = (name: string) => `/usr/bin/${name}`): string {
    const dir = mkdtempSync(join(this.base, 'bin-'));
    for (const name of commands.split(' ')) {
      const target = [from(name), `/bin/${name}`].find((path) => existsSync(path));
      if (target !== undefined) symlinkSync(target, join(dir, name));
    }
    return dir;
  }

  /** As root, without NODEMAN_ROOT: in a mount and pid namespace of its own, so this machine's /opt and agents stay out of it. */
  async host(prepare: string, bin = this.toolbox('true'), pid1 = '/bin/dash'): Promise<TargetShell> {
    const script = `${prepare}; dash "$@"; exit`;
    const argv = ['unshare', '-mp', '--fork', '--kill-child', '--mount-proc', pid1, '-c', script, 'host'];
    return this.keep(await TargetShell.open(argv, { PATH: `${bin}:${process.env.PATH}` }));
  }
}

/** One that is gone already needs no killing. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
