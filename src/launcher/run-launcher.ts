import { resolve } from 'node:path';
import type { Env } from '../env/env.js';
import { loadEnvOrExit } from '../env/load-env.js';
import { lockDataDir } from './data-lock.js';
import { Launcher, type LauncherOptions } from './launcher.js';
import { LauncherError, StoppedError } from './launcher.errors.js';

export interface LauncherSetting {
  readonly env: Env;
  /** Absolute. */
  readonly dataDir: string;
}

type Make = (setting: LauncherSetting) => LauncherOptions;
type Work = (launcher: Launcher, setting: LauncherSetting, signal: AbortSignal) => Promise<void>;

const EXIT_FAILED = 1;
const EXIT_KILLED = 130;
/** npm passes on the Ctrl-C that the terminal has sent us already: so close together, two are one. */
const SAME_SIGNAL_MS = 500;

/**
 * The life of a launcher process: locks the data folder, does `work`, stays until SIGINT or SIGTERM, stops everything and
 * exits. A second signal kills at once.
 */
export async function runLauncher(make: Make, work: Work): Promise<never> {
  const env = loadEnvOrExit();
  const setting = { env, dataDir: resolve(env.dataDir) };
  const unlock = lockOrExit(setting.dataDir);
  const launcher = new Launcher(make(setting));
  const ending = new AbortController();
  const signalled = new Promise<void>((asked) => onSignals(launcher, ending, asked, unlock));
  let exitCode = 0;
  try {
    await work(launcher, setting, ending.signal);
    say('Ctrl-C stops everything; the data stays.');
    await signalled;
  } catch (error) {
    if (!ending.signal.aborted && !(error instanceof StoppedError)) {
      exitCode = EXIT_FAILED;
      complain(error);
    }
  }
  await launcher.stop();
  unlock();
  if (exitCode === 0) say('Stopped.');
  process.exit(exitCode);
}

/** Writes a line of the launcher's own to stdout. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function onSignals(launcher: Launcher, ending: AbortController, asked: () => void, unlock: () => void): void {
  let first = 0;
  const onSignal = () => {
    if (ending.signal.aborted) {
      if (Date.now() - first < SAME_SIGNAL_MS) return;
      launcher.kill();
      unlock();
      process.exit(EXIT_KILLED);
    }
    first = Date.now();
    say('Stopping; once more to kill at once.');
    ending.abort();
    asked();
    void launcher.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // When a terminal or a pipe is closed, what is left to say does not matter, but stopping does.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function lockOrExit(dataDir: string): () => void {
  try {
    return lockDataDir(dataDir);
  } catch (error) {
    complain(error);
    process.exit(EXIT_FAILED);
  }
}

/** People get the sentence; a stack only for what is our own mistake. */
function complain(error: unknown): void {
  const text = error instanceof LauncherError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n`);
}
