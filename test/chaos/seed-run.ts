import { setTimeout as delay } from 'node:timers/promises';
import { type Disturbance, DISTURBANCES, type Harm } from './disturbances.js';
import { runsOf, violationsOf } from './invariants.js';
import { Operator } from './operator.js';
import { Random } from './random.js';
import { World } from './world.js';

type Happening = 'submit' | 'cancel' | Disturbance;

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
  // Of its own: what happens, and when, is the same each time, though what there is to choose from never is.
  const plan = new Random(seed);
  const random = new Random(~seed);
  const world = await World.start(hosts, plan.int(2, 3));
  const operator = new Operator(world, random, `seed-${seed}`);
  const harms: Record<Harm, number> = { kill: 0, cut: 0, pause: 0 };
  try {
    await operator.submit();
    for (let moment = 0; moment < moments; moment += 1) {
      await delay(plan.int(50, 700));
      const what = happening(plan);
      tell(typeof what === 'string' ? what : what.name);
      await happen(what, world, operator, random, harms);
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

function happening(plan: Random): Happening {
  if (plan.isIn(30)) return 'submit';
  return plan.isIn(25) ? 'cancel' : plan.weighted(DISTURBANCES);
}

async function happen(
  what: Happening,
  world: World,
  operator: Operator,
  random: Random,
  harms: Record<Harm, number>,
): Promise<void> {
  if (what === 'submit') return operator.submit();
  if (what === 'cancel') return operator.cancel();
  if (await what.run(world, random)) harms[what.harm] += 1;
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
