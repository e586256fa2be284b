import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** True while a process with this id exists, zombies excepted where /proc tells. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return readStat(pid)?.state !== 'Z';
}

/** Something that stays the same as long as the process lives and differs for a later one with the same id; null: unknown. */
export function startMark(pid: number): string | null {
  const stat = readStat(pid);
  return stat ? stat.startTime : ps(pid, 'lstart');
}

/** The command line of a living process, arguments joined by blanks; '' when unknown. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ps(pid, 'command') ?? '';
  }
}

/** @see proc_pid_stat(5): the name may hold blanks and brackets, the fields after it may not. */
function readStat(pid: number): { state: string; startTime: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, startTime: fields[19]! };
  } catch {
    return null;
  }
}

/** For systems without /proc. */
function ps(pid: number, field: 'lstart' | 'command'): string | null {
  try {
    const output = execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] });
    return output.toString().trim() || null;
  } catch {
    return null;
  }
}
