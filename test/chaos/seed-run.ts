import { setTimeout as delay } from 'node:timers/promises';
import { DISTURBANCES, type Harm } from './disturbances.js';
import { runsOf, violationsOf } from './invariants.js';
import { Operator } from './operator.js';
import { Random } from './random.js';
import { World } from './world.js';

export interface SeedOptions {
  seed: number;
  hosts: number;
  /** Things that happen. */
  moments: number;
  /** Told what happens, as it does. */
  tell?: (line: string) => void;
}

export interface SeedReport {
  seed: number;
  jobs: number;
  runs: number;
  /** Runs that were cancelled. */
  cancels: number;
  harms: Record<Harm, number>;
  /** How runs ended: how many by err_code. */
  ends: Record<string, number>;
  violations: string[];
}

/** Lets chance have its way with an installation at work, then lets it heal, and looks what became of it. */
export async function runSeed({ seed, hosts, moments, tell = () => undefined }: SeedOptions): Promise<SeedReport> {
  const random = new Random(seed);
  const world = await World.start(hosts, random.int(2, 3));
  const operator = new Operator(world, random, `seed-${seed}`);
  const harms: Record<Harm, number> = { kill: 0, cut: 0, pause: 0 };
  try {
    await operator.submit();
    for (let moment = 0; moment < moments; moment += 1) {
      await delay(random.int(50, 700));
      await happen(world, operator, random, harms, tell);
    }
    tell('heals');
    const violations = await aftermath(world, operator);
    if (violations.length > 0) tell(logsOf(world));
    const runs = await runsOf(world);
    const cancels = runs.filter((run) => run.is_cancelled).length;
    const ends = countBy(runs.map((run) => run.err_code));
    return { seed, jobs: operator.jobs, runs: runs.length, cancels, harms, ends, violations };
  } finally {
    await world.stop();
  }
}

async function happen(
  world: World,
  operator: Operator,
  random: Random,
  harms: Record<Harm, number>,
  tell: (line: string) => void,
): Promise<void> {
  if (random.isIn(30)) {
    tell('submits');
    return operator.submit();
  }
  if (random.isIn(25)) {
    tell('cancels');
    return operator.cancel();
  }
  const disturbance = random.weighted(DISTURBANCES);
  tell(disturbance.name);
  if (await disturbance.run(world, random)) harms[disturbance.harm] += 1;
}

/** What is wrong once everything had its chance to heal. */
async function aftermath(world: World, operator: Operator): Promise<string[]> {
  try {
    await world.heal();
    await operator.settle();
  } catch (error) {
    return [`it does not heal: ${(error as Error).message}`];
  }
  return [...operator.complaints, ...(await violationsOf(world, operator.jobs))];
}

function logsOf({ installation }: World): string {
  const logs = [installation.api, ...installation.workers].map(({ pid, log }) => `--- process ${pid}\n${log}`);
  return logs.join('\n');
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
