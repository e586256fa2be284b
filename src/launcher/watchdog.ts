import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Reads lines of `SIGNAL:pid` items and keeps the last line; when its input ends, which the kernel sees to however this
 * process dies, it stops what the line names, one after the other: signal, ten seconds of patience, KILL.
 */
const SCRIPT = `
trap '' INT TERM HUP
lives() {
  kill -0 "$1" 2>/dev/null || return 1
  # What nobody has buried yet is dead all the same.
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
  case $stat in *") Z "*) return 1 ;; esac
}
list=
while IFS= read -r line; do list=$line; done
for item in $list; do
  pid=\${item#*:}; tries=0
  kill -"\${item%%:*}" "$pid" 2>/dev/null || continue
  while lives "$pid" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$pid" 2>/dev/null
done
`;

interface Guarded {
  readonly pid: number;
  readonly signal: NodeJS.Signals;
}

/** A small process that outlives ours by seconds, so that not even kill -9 leaves a child behind. */
export class Watchdog {
  private readonly process: ChildProcess;
  private readonly guarded = new Set<Guarded>();

  constructor() {
    // In a group of its own: Ctrl-C in the terminal must not end it.
    this.process = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.process.stdin?.on('error', () => undefined);
    this.process.on('error', () => undefined);
    this.process.unref();
    (this.process.stdin as unknown as { unref?: () => void }).unref?.();
  }

  /** Ends `pid` with `signal` when this process is gone. Returns the function to call once it has ended. */
  guard(pid: number, signal: NodeJS.Signals): () => void {
    const item = { pid, signal };
    this.guarded.add(item);
    this.tell();
    return () => {
      this.guarded.delete(item);
      this.tell();
    };
  }

  /** Ends the watchdog, and whatever it still guards. */
  async close(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.ref();
    const exited = once(this.process, 'exit');
    this.process.stdin?.end();
    await exited;
  }

  private tell(): void {
    const items = [...this.guarded].reverse().map(({ pid, signal }) => `${signal.replace(/^SIG/, '')}:${pid}`);
    this.process.stdin?.write(`${items.join(' ')}\n`);
  }
}
