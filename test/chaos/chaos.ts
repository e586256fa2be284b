/**
 * `npm run chaos -- --seeds N [--seed S] [--hosts H] [--moments M] [--verbose]`: N seeds from S on, one after the other, each
 * with an installation of its own. Prints a line for each and a sum; exits with 1 when anything is not as it has to be.
 */
import { parseArgs } from 'node:util';
import { runSeed, type SeedReport } from './seed-run.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    hosts: { type: 'string', default: '6' },
    moments: { type: 'string', default: '40' },
    verbose: { type: 'boolean', default: false },
  },
});

function number(name: 'seeds' | 'seed' | 'hosts' | 'moments'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} is to be a whole number from 1`);
  return value;
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

function lineOf({ seed, jobs, runs, cancels, harms, ends, violations }: SeedReport): string {
  const how = Object.entries(ends).map(([errCode, count]) => `${errCode} ${count}`);
  const { kill, cut, pause } = harms;
  return `seed ${seed}: ${jobs} jobs, ${runs} runs (${how.join(', ')}), ${kill} kills, ${cut} cuts, ${pause} pauses, ${cancels} cancels, ${violations.length} violations`;
}

const [first, hosts, moments] = [number('seed'), number('hosts'), number('moments')];
const reports: SeedReport[] = [];
for (let seed = first; seed < first + number('seeds'); seed += 1) {
  const began = Date.now();
  const tell = (line: string): void =>
    void (values.verbose && say(`  ${((Date.now() - began) / 1000).toFixed(1)} ${line}`));
  const report = await runSeed({ seed, hosts, moments, tell });
  reports.push(report);
  say(lineOf(report));
  for (const violation of report.violations) say(`  ${violation}`);
}

const sum = (of: (report: SeedReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
const violations = sum((report) => report.violations.length);
say(
  [
    `seeds ${reports.length}`,
    `jobs ${sum(({ jobs }) => jobs)}`,
    `runs ${sum(({ runs }) => runs)}`,
    `kills ${sum(({ harms }) => harms.kill)}`,
    `cuts ${sum(({ harms }) => harms.cut)}`,
    `pauses ${sum(({ harms }) => harms.pause)}`,
    `cancels ${sum(({ cancels }) => cancels)}`,
    `violations ${violations}`,
  ].join(', '),
);
process.exit(violations > 0 ? 1 : 0);
