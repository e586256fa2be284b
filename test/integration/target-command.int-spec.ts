import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newCommandNonce, signCommand } from '../../src/agents/command-signature.js';
import { eventually } from '../support/eventually.js';
import { COMMANDS, DASH, TargetBench, withShebang, type Edit } from '../support/target-bench.js';
import { processesWith, type Report } from '../support/target-shell.js';

const KEY = 'kEy-of-43-characters_that-nobody-else-knows';
const SHELLS = [
  { shell: 'dash', shebang: '#!/usr/bin/dash' },
  { shell: 'bash', shebang: '#!/usr/bin/bash' },
  { shell: 'busybox ash', shebang: '#!/usr/bin/busybox ash' },
  { shell: 'ksh', shebang: '#!/usr/bin/ksh' },
];

let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
  bench.server.answer = { interval: 1, servers: [] };
});

afterEach(() => bench.close());

/** An agent that run 5 installed on host 7, and no session any more. */
async function withAgent(edit?: Edit, PATH = process.env.PATH): Promise<void> {
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

function tell(told: unknown): void {
  bench.server.answer = { interval: 1, servers: [], command: told };
}

const results = (): Report[] => bench.server.reports.filter((report) => report.command_result !== undefined);

async function lastWord(): Promise<Report> {
  await eventually(() => results().length > 0, { timeoutMs: 15_000 });
  return results()[0]!;
}

/** Looks until the agent has had time to act on the answer. */
async function expectNotTaken(): Promise<void> {
  const count = bench.server.reports.length;
  await eventually(() => bench.server.reports.length >= count + 2);
  expect(existsSync(bench.home('etc/last_command'))).toBe(false);
  expect(bench.server.states()).not.toContain('stopping');
}

describe.each(SHELLS)('an agent under $shell', ({ shebang }) => {
  it('takes itself off when its server says so, and tells it', async () => {
    await withAgent(withShebang(shebang));
    const seen = new Set<number>();
    const look = setInterval(() => processesWith(KEY, ['cmdline', 'environ']).forEach((pid) => seen.add(pid)), 4);
    tell(command());
    expect(await lastWord()).toMatchObject({
      ...{ state: 'stopping', version: '1.1.0' },
      command_result: { id: 6, code: 0, text: 'nothing is left' },
    });
    clearInterval(look);
    expect([...seen]).toEqual([]);
    await eventually(() => bench.processes().length === 0);
    expect(readdirSync(join(bench.root, 'opt'))).toEqual([]);
  });
});

describe('a command', () => {
  it.each<[string, () => unknown]>([
    ['signed with another key', () => command({}, { key: `${KEY.slice(1)}x` })],
    ['for another host', () => command({}, { hostId: 8 })],
    ['of another run than was signed', () => ({ ...command(), id: 60 })],
    ['of the run that installed the agent', () => command({ id: 5 })],
    ['older than the agent', () => command({ id: 1 })],
    ['that nobody knows', () => ({ ...command(), op: 'reboot' })],
    ['with a nonce that is none', () => command({ nonce: '$(touch /tmp/x)' })],
    ['with a text for a number', () => ({ ...command(), id: '6' })],
    ['with something more', () => ({ ...command(), extra: 1 })],
    ['in another order', () => Object.fromEntries(Object.entries(command()).reverse())],
    ['that is no object', () => 'uninstall'],
  ])('%s is not taken', async (_what, told) => {
    await withAgent();
    tell(told());
    await expectNotTaken();
  });

  it('is not taken without a key', async () => {
    await bench.installed(await bench.session());
    tell(command());
    await expectNotTaken();
  });

  it('is done once: what was told before is not done again', async () => {
    await withAgent();
    writeFileSync(bench.home('etc/last_command'), '6\n');
    tell(command({ id: 6 }));
    const count = bench.server.reports.length;
    await eventually(() => bench.server.reports.length >= count + 3);
    expect(bench.text('etc/last_command')).toBe('6\n');
    tell(command({ id: 7 }));
    expect(await lastWord()).toMatchObject({ command_result: { id: 7, code: 0 } });
  });

  it('that cannot be done is answered with the reason, and the agent is there to be told again', async () => {
    const rm = `#!/bin/sh\ncase "$*" in *"/opt/nodeman/cache") echo "rm: cannot remove 'it': Operation not permitted"; exit 1;; esac\nexec /usr/bin/rm "$@"\n`;
    const shim = join(bench.base, 'shim');
    mkdirSync(shim);
    writeFileSync(join(shim, 'rm'), rm);
    chmodSync(join(shim, 'rm'), 0o755);
    await withAgent(undefined, `${shim}:${process.env.PATH}`);
    tell(command());
    const { command_result } = await lastWord();
    expect(command_result).toMatchObject({ id: 6, code: 1, text: expect.stringContaining('Operation not permitted') });
    const count = bench.server.reports.length;
    await eventually(() => bench.server.reports.slice(count).some((report) => report.state === 'running'));
  });

  it('is told the end of with wget too, though the agent has no folder any more', async () => {
    const PATH = bench.toolbox(`${COMMANDS} wget`);
    await withAgent(undefined, PATH);
    tell(command());
    expect(await lastWord()).toMatchObject({ command_result: { id: 6, code: 0 } });
    await eventually(() => bench.processes().length === 0);
    expect(readdirSync(join(bench.root, 'opt'))).toEqual([]);
  });

  it('is told the end of as soon as a server hears it', async () => {
    await withAgent();
    bench.server.answer = { interval: 1, servers: [], command: command() };
    bench.server.refuses = (report) => report.command_result !== undefined && results().length < 2;
    await eventually(() => results().length >= 2, { timeoutMs: 15_000 });
    await eventually(() => bench.processes().length === 0);
    expect(results()).toHaveLength(2);
  });
});
