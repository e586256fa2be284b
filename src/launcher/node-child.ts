import { fileURLToPath } from 'node:url';
import { childEnv } from '../env/process-env.js';
import { Child } from './child.js';
import type { Watchdog } from './watchdog.js';

export interface NodeChildOptions {
  /** Relative to the folder above this one, e.g. `main.js`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stopTimeoutMs: number;
  readonly onLine: (line: string) => void;
  readonly watchdog: Watchdog;
}

/** Starts one of our own compiled programs; SIGTERM asks it to end. */
export function startNodeChild({ script, args = [], env, ...options }: NodeChildOptions): Child {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  return new Child({
    command: process.execPath,
    args: ['--enable-source-maps', path, ...args],
    env: childEnv(env),
    stopSignal: 'SIGTERM',
    ...options,
  });
}
