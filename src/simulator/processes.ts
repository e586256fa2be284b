import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 5_000;

/**
 * The processes of simulated hosts: those that have a host's folder as NODEMAN_ROOT in their environment, its agent,
 * which starts with an environment of its own and has a folder below it as NODEMAN_AGENT_HOME, and what works in a folder
 * of our plugins: nginx writes its title over its environment.
 */
export async function processesOf(roots: ReadonlySet<string>): Promise<number[]> {
  const entries = await readdir('/proc').catch(() => null);
  if (!entries) return pidsInFiles(roots);
  const pids = entries.filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => ((await isOf(roots, pid)) ? Number(pid) : null)));
  return found.filter((pid) => pid !== null && pid !== process.pid) as number[];
}

/**
 * Kills all processes of these hosts, and returns when they are gone.
 * @param groups process groups whose leaders run; what there is to go by where there is no /proc
 * @throws Error when some live on
 */
export async function killProcessesOf(roots: ReadonlySet<string>, groups: Iterable<number>): Promise<void> {
  for (const group of groups) kill(-group);
  let deadline = Infinity;
  for (;;) {
    // A process may have forked between the look and the kill, so look again until there is none.
    const pids = await processesOf(roots);
    if (pids.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Processes of simulated hosts live on: ${pids.join(', ')}`);
    for (const pid of pids) kill(pid);
    // Counted from the first of it: on a busy machine the look alone may take seconds.
    deadline = Math.min(deadline, Date.now() + PATIENCE_MS);
    await delay(5);
  }
}

async function isOf(roots: ReadonlySet<string>, pid: string): Promise<boolean> {
  try {
    const [environment, folder] = await Promise.all([
      readFile(`/proc/${pid}/environ`, 'utf8'),
      readlink(`/proc/${pid}/cwd`),
    ]);
    const isOurs = environment.split('\0').some((entry) => roots.has(rootIn(entry))) || roots.has(rootAbove(folder));
    return isOurs && !(await isZombie(pid));
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return false;
  }
}

/** The folder that an entry of an environment speaks of, or ''. */
function rootIn(entry: string): string {
  if (entry.startsWith('NODEMAN_ROOT=')) return entry.slice('NODEMAN_ROOT='.length);
  return /^NODEMAN_AGENT_HOME=(.*)\/opt\/nodeman\/agent$/.exec(entry)?.[1] ?? '';
}

/** The host's folder that a working folder of a plugin is in, or ''. */
function rootAbove(folder: string): string {
  return /^(.*)\/opt\/nodeman\/agent\/plugins\//.exec(folder)?.[1] ?? '';
}

async function isZombie(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

/** Without /proc: what the pid files below the folders say. */
async function pidsInFiles(roots: ReadonlySet<string>): Promise<number[]> {
  const pids: number[] = [];
  for (const root of roots) {
    const names = await readdir(root, { recursive: true }).catch(() => []);
    for (const name of names.filter((candidate) => candidate.endsWith('.pid'))) {
      const pid = Number((await readFile(join(root, name), 'utf8').catch(() => '')).trim());
      if (Number.isInteger(pid) && pid > 1 && isAlive(pid)) pids.push(pid);
    }
  }
  return pids;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
