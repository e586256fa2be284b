import { fileURLToPath } from 'node:url';
import { Child, type ChildExit, describeExit } from '../../src/launcher/child.js';
import type { Watchdog } from '../../src/launcher/watchdog.js';
import { eventually } from './eventually.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const STARTS_WITHIN_MS = 60_000;
/** What the contract gives a process that is asked to end; then it is killed, which its exit tells. */
const ENDS_WITHIN_MS = 10_000;

/** What each process says once it listens, and where it tells whether it is ready. */
const ENTRIES = {
  main: { listening: /listening on (http:\/\/[^\s"]+)/, probe: '/api/health/ready' },
  worker: { listening: /health and metrics on (http:\/\/[^\s"]+)/, probe: '/health/ready' },
} as const;

type Entry = keyof typeof ENTRIES;

/**
 * The API or a worker as a process of its own, from the sources as they are: nothing has to be built, and nothing stale
 * can be tested.
 */
export class ServerProcess {
  url = '';
  private readonly lines: string[] = [];
  private readonly child: Child;

  private constructor(
    private readonly entry: Entry,
    env: Readonly<Record<string, string>>,
    watchdog: Watchdog,
  ) {
    this.child = new Child({
      command: process.execPath,
      args: ['--enable-source-maps', '--import', './test/support/register-ts.mjs', `src/${entry}.ts`],
      cwd: PROJECT,
      env: { PATH: process.env.PATH, ...env },
      stopSignal: 'SIGTERM',
      stopTimeoutMs: ENDS_WITHIN_MS,
      onLine: (line) => this.lines.push(line),
      watchdog,
    });
  }

  /** @param env all of its environment, beside PATH */
  static spawn(entry: Entry, env: Readonly<Record<string, string>>, watchdog: Watchdog): ServerProcess {
    return new ServerProcess(entry, env, watchdog);
  }

  /**
   * Resolves once it serves.
   * @throws Error with its last words when it ends, or is not ready in time; then it is gone
   */
  async ready(): Promise<void> {
    try {
      await Promise.race([this.answers(), this.neverEnds()]);
      if (!this.isRunning) await this.neverEnds();
    } catch (error) {
      await this.kill9();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.isRunning;
  }

  /** Everything that it printed. */
  get log(): string {
    return this.lines.join('\n');
  }

  /** Resolves once it is gone. */
  async kill9(): Promise<void> {
    this.child.kill();
    await this.child.exited;
  }

  /** By SIGTERM, and by SIGKILL when ten seconds were not enough. */
  async term(): Promise<ChildExit> {
    await this.child.stop();
    return this.child.exited;
  }

  /** Waits for a line of its log. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(() => this.lines.some((line) => pattern.test(line)), { timeoutMs: 20_000 });
  }

  /** Resolves also when it ends: nobody is to ask a dead process for the rest of a minute. */
  private async answers(): Promise<void> {
    const { listening, probe } = ENTRIES[this.entry];
    this.url = await eventually(
      () => {
        if (!this.isRunning) return 'nowhere';
        const found = this.lines.map((line) => listening.exec(line)?.[1]).find(Boolean);
        if (!found) throw new Error(`${this.entry} does not listen yet:\n${this.child.lastWords}`);
        return found.replace('0.0.0.0', '127.0.0.1');
      },
      { timeoutMs: STARTS_WITHIN_MS },
    );
    await eventually(async () => !this.isRunning || (await fetch(`${this.url}${probe}`)).status === 200, {
      timeoutMs: STARTS_WITHIN_MS,
    });
  }

  private async neverEnds(): Promise<never> {
    const exit = await this.child.exited;
    throw new Error(`${this.entry} ended (${describeExit(exit)}):\n${this.child.lastWords}`);
  }
}
