import { join } from 'node:path';
import { describeExit } from './child.js';
import type { Launcher } from './launcher.js';
import { LauncherError } from './launcher.errors.js';
import { startNodeChild } from './node-child.js';
import { passwordIn } from './password-file.js';

export interface DemoHost {
  readonly address: string;
  readonly port: number;
}

export interface DemoHosts {
  readonly hosts: readonly DemoHost[];
  /** Of `root` on each of them. */
  readonly password: string;
}

/** Time to end the agents that run on the hosts. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts the demo's hosts below `dataDir`; the launcher stops them, and their agents, in their turn.
 * @throws LauncherError when they do not come up
 */
export async function startDemoHosts(
  launcher: Launcher,
  dataDir: string,
  onLine: (line: string) => void,
): Promise<DemoHosts> {
  const passwordFile = join(dataDir, 'demo-host-password');
  const password = passwordIn(passwordFile, 9);
  let found: (hosts: DemoHost[]) => void;
  const up = new Promise<DemoHost[]>((resolve) => (found = resolve));
  const child = startNodeChild({
    script: 'launcher/demo-fleet.js',
    args: [join(dataDir, 'demo-hosts'), passwordFile],
    env: {},
    stopTimeoutMs: STOP_TIMEOUT_MS,
    watchdog: launcher.watchdog,
    onLine: (line) => (line.startsWith('fleet ') ? found(JSON.parse(line.slice(6)) as DemoHost[]) : onLine(line)),
  });
  // Killed outright, it would leave the agents behind; it ends them quickly when asked.
  launcher.adopt({ stop: () => child.stop(), kill: () => void child.stop() });
  const failed = child.exited.then((exit) => {
    throw new LauncherError(`The demo hosts do not start (${describeExit(exit)}):\n${child.lastWords}`);
  });
  failed.catch(() => undefined);
  return { hosts: await Promise.race([up, failed]), password };
}
