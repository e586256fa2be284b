/**
 * `npm test`: everything, in stages. Each stage reports, even if an earlier one failed. The last line sums up:
 * `N passed, N failed`, where a stage that is no test counts as one when it fails.
 * `npm test -- unit lint` runs these stages only.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Jest has this long to exit after its results are there; what keeps it longer is a leak. */
const EXIT_TIMEOUT_MS = 20_000;
const POLL_MS = 500;

const npmScript = (name) => ({ name, command: 'npm', args: ['run', '--silent', name] });
const jestProject = (name, project) => ({ name, project });
const STAGES = [
  { name: 'dependencies', command: join(ROOT, 'scripts/test-deps.sh'), args: [] },
  npmScript('build'),
  npmScript('types'),
  npmScript('lint'),
  npmScript('imports'),
  npmScript('format'),
  jestProject('unit', 'unit'),
  jestProject('integration', 'integration'),
  jestProject('e2e', 'e2e'),
];

let current;
let isInterrupted = false;

/** Resolves to the exit code; a signal counts as failure. */
function run(command, args, env = {}) {
  return new Promise((resolve) => {
    current = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
    current.once('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    current.once('exit', (code) => resolve(code ?? 1));
  });
}

async function runPlain({ command, args }) {
  const isGood = (await run(command, args)) === 0;
  return { isGood, passed: 0, failed: isGood ? 0 : 1, skipped: 0 };
}

async function runJest({ project }, folder) {
  const file = join(folder, `${project}.json`);
  const args = [
    'node_modules/jest/bin/jest.js',
    `--selectProjects=${project}`,
    '--ci',
    '--json',
    `--outputFile=${file}`,
  ];
  const env = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim() };
  // --json prints the results on stdout too, which nobody wants to read.
  const exited = runQuietly(process.execPath, args, env);
  const code = await Promise.race([exited, leak(file, exited)]);
  const results = await readFile(file, 'utf8').then(JSON.parse, () => null);
  if (!results) return { isGood: false, passed: 0, failed: 1, skipped: 0 };
  const broken = results.numRuntimeErrorTestSuites;
  const failed = results.numFailedTests + broken;
  return {
    isGood: code === 0,
    passed: results.numPassedTests,
    failed: code === 0 ? failed : Math.max(failed, 1),
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

function runQuietly(command, args, env) {
  return new Promise((resolve) => {
    const stdio = ['inherit', 'ignore', 'inherit'];
    current = spawn(command, args, { cwd: ROOT, stdio, env: { ...process.env, ...env } });
    current.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Ends a Jest that has its results and does not exit; resolves to a failure then, and never otherwise. */
async function leak(file, exited) {
  let isOver = false;
  void exited.then(() => (isOver = true));
  let since = 0;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (isOver) return exited;
    const isWritten = await readFile(file).then(
      () => true,
      () => false,
    );
    if (!isWritten) continue;
    since ||= Date.now();
    if (Date.now() - since < EXIT_TIMEOUT_MS) continue;
    process.stderr.write('\nThe tests are over, but something they left open keeps Jest from exiting.\n');
    current.kill('SIGKILL');
    return 1;
  }
}

function describe({ name, isGood, passed, failed, skipped, seconds }) {
  const counts =
    passed + failed + skipped > 0 && (passed > 0 || skipped > 0) ? `${passed} passed, ${failed} failed` : '';
  const note = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${isGood ? 'ok  ' : 'FAIL'} ${name.padEnd(13)} ${`${seconds} s`.padStart(7)}  ${counts}${note}`.trimEnd();
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isInterrupted = true;
    current?.kill(signal);
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no such stage: ${unknown.join(', ')}; there are ${STAGES.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
const folder = await mkdtemp(join(tmpdir(), 'nodeman-results-'));
const reports = [];
try {
  for (const stage of STAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    if (isInterrupted) break;
    process.stdout.write(`\n--- ${stage.name}\n`);
    const since = Date.now();
    const report = await (stage.project ? runJest(stage, folder) : runPlain(stage));
    reports.push({ name: stage.name, seconds: ((Date.now() - since) / 1000).toFixed(1), ...report });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
process.stdout.write(`\n${reports.map(describe).join('\n')}\n\n`);
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
process.exit(isInterrupted ? 130 : sum('failed') > 0 || reports.some(({ isGood }) => !isGood) ? 1 : 0);
