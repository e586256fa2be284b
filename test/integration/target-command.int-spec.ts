import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { newCommandNonce, signCommand } from '../../src/agents/command-signature.js';
import { eventually } from '../support/eventually.js';
import { onBench } from '../support/on-bench.js';
import { COMMANDS, DASH, withShebang, type Edit, type TargetBench } from '../support/target-bench.js';
import { processesWith, type Report } from '../support/target-shell.js';

const KEY = 'kEy-of-43-characters_that-nobody-else-knows';
const SHELLS = [
  { shell: 'dash', shebang: '#!/usr/bin/dash' },
  { shell: 'bash', shebang: '#!/usr/bin/bash' },
  { shell: 'busybox ash', shebang: '#!/usr/bin/busybox ash' },
  { shell: 'ksh', shebang: '#!/usr/bin/ksh' },
];

/** Most of the time an agent waits: several do so at once, each on a bench of its own. */
jest.setTimeout(60_000);

/** An agent that run 5 installed on host 7, and no session any more. */
async function withAgent(bench: TargetBench, edit?: Edit, PATH = process.env.PATH): Promise<void> {
  const target = await bench.session(DASH, { PATH });
  await bench.offer(target, edit);
  target.set({ run_id: 5, command_key: KEY, interval: 1 });
  expect(await target.call('download')).toMatchObject({ code: 0 });
  expect(await target.call('install')).toMatchObject({ code: 0, fail: '' });
  expect(await target.stop()).toBe(0);
  await eventually(() => bench.server.reports.length > 0);
}

function command(changes: Record<string, unknown> = {}, { key = KEY, hostId = 7 } = {}) {
  const [id, nonce] = [6, newCommandNonce()];
  const signature = signCommand(key, { op: 'uninstall', hostId, runId: Number(changes.id ?? id), nonce });
  return { id, op: 'uninstall', nonce, signature, ...changes };
}

function tell({ server }: TargetBench, told: unknown): void {
  server.answer = { interval: 1, servers: [], command: told };
}

const results = ({ server }: TargetBench): Report[] =>
  server.reports.filter((report) => report.command_result !== undefined);

async function lastWord(bench: TargetBench): Promise<Report> {
  await eventually(() => results(bench).length > 0, { timeoutMs: 30_000 });
  return results(bench)[0]!;
}

/** Resolves once so many more reports have come: an agent has acted on an answer before it reports again. */
async function moreReports({ server }: TargetBench, count = 1): Promise<void> {
  const before = server.reports.length;
  await eventually(() => server.reports.length >= before + count);
}

/** Whether the agent has done, or begun to do, what it was told. */
const hasTaken = (bench: TargetBench): boolean =>
  existsSync(bench.home('etc/last_command')) || bench.server.states().includes('stopping');

type Told = Record<string, () => unknown>;

const NOT_MEANT: Told = {
  'signed with another key': () => command({}, { key: `${KEY.slice(1)}x` }),
  'for another host': () => command({}, { hostId: 8 }),
  'of another run than was signed': () => ({ ...command(), id: 60 }),
  'of the run that installed the agent': () => command({ id: 5 }),
  'older than the agent': () => command({ id: 1 }),
};
const MALFORMED: Told = {
  'that nobody knows': () => ({ ...command(), op: 'reboot' }),
  'with a nonce that is none': () => command({ nonce: '$(touch /tmp/x)' }),
  'with a text for a number': () => ({ ...command(), id: '6' }),
  'with something more': () => ({ ...command(), extra: 1 }),
  'in another order': () => Object.fromEntries(Object.entries(command()).reverse()),
  'that is no object': () => 'uninstall',
};

describe('an agent', () => {
  const seen = new Set<number>();
  let look: NodeJS.Timeout;

  beforeAll(() => {
    look = setInterval(() => processesWith(KEY, ['cmdline', 'environ']).forEach((pid) => seen.add(pid)), 4);
  });

  afterAll(() => {
    clearInterval(look);
    expect([...seen]).toEqual([]);
  });

  it.concurrent.each(SHELLS)(
    'under $shell takes itself off when its server says so, and tells it, and nobody sees its key',
    onBench(async (bench, { shebang }) => {
      await withAgent(bench, withShebang(shebang));
      tell(bench, command());
      expect(await lastWord(bench)).toMatchObject({
        ...{ state: 'stopping', version: '1.1.0' },
        command_result: { id: 6, code: 0, text: 'nothing is left' },
      });
      await eventually(() => bench.processes().length === 0);
      expect(readdirSync(join(bench.root, 'opt'))).toEqual([]);
    }),
  );
});

describe('a command', () => {
  it.concurrent.each<[string, Told]>([
    ['is not meant for this agent, or not now', NOT_MEANT],
    ['is not as it must be', MALFORMED],
  ])(
    'is not taken when it %s',
    onBench(async (bench, _why, wrong) => {
      await withAgent(bench);
      let last = 'nothing';
      for (const [what, told] of Object.entries(wrong)) {
        tell(bench, told());
        await moreReports(bench);
        expect([last, hasTaken(bench)]).toEqual([last, false]);
        last = what;
      }
      await moreReports(bench);
      expect([last, hasTaken(bench)]).toEqual([last, false]);
      tell(bench, command());
      expect(await lastWord(bench)).toMatchObject({ command_result: { id: 6, code: 0 } });
    }),
  );

  it.concurrent(
    'is not taken without a key',
    onBench(async (bench) => {
      await bench.installed(await bench.session());
      tell(bench, command());
      await moreReports(bench, 2);
      expect(hasTaken(bench)).toBe(false);
    }),
  );

  it.concurrent(
    'is done once: what was told before is not done again',
    onBench(async (bench) => {
      await withAgent(bench);
      writeFileSync(bench.home('etc/last_command'), '6\n');
      tell(bench, command({ id: 6 }));
      await moreReports(bench, 3);
      expect(bench.text('etc/last_command')).toBe('6\n');
      tell(bench, command({ id: 7 }));
      expect(await lastWord(bench)).toMatchObject({ command_result: { id: 7, code: 0 } });
    }),
  );

  it.concurrent(
    'that cannot be done is answered with the reason, and the agent is there to be told again',
    onBench(async (bench) => {
      const rm = `#!/bin/sh\ncase "$*" in *"/opt/nodeman/cache") echo "rm: cannot remove 'it': Operation not permitted"; exit 1;; esac\nexec /usr/bin/rm "$@"\n`;
      const shim = join(bench.base, 'shim');
      mkdirSync(shim);
      writeFileSync(join(shim, 'rm'), rm);
      chmodSync(join(shim, 'rm'), 0o755);
      await withAgent(bench, undefined, `${shim}:${process.env.PATH}`);
      tell(bench, command());
      const { command_result } = await lastWord(bench);
      expect(command_result).toMatchObject({
        ...{ id: 6, code: 1 },
        text: expect.stringContaining('Operation not permitted'),
      });
      const count = bench.server.reports.length;
      await eventually(() => bench.server.reports.slice(count).some((report) => report.state === 'running'));
    }),
  );

  it.concurrent(
    'is told the end of with wget too, though the agent has no folder any more',
    onBench(async (bench) => {
      const PATH = bench.toolbox(`${COMMANDS} wget`);
      await withAgent(bench, undefined, PATH);
      tell(bench, command());
      expect(await lastWord(bench)).toMatchObject({ command_result: { id: 6, code: 0 } });
      await eventually(() => bench.processes().length === 0);
      expect(readdirSync(join(bench.root, 'opt'))).toEqual([]);
    }),
  );

  it.concurrent(
    'is told the end of as soon as a server hears it',
    onBench(async (bench) => {
      await withAgent(bench);
      bench.server.refuses = (report) => report.command_result !== undefined && results(bench).length < 2;
      tell(bench, command());
      await eventually(() => results(bench).length >= 2, { timeoutMs: 30_000 });
      await eventually(() => bench.processes().length === 0);
      expect(results(bench)).toHaveLength(2);
    }),
  );
});
