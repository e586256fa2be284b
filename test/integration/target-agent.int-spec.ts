import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { COMMANDS, DASH, TargetBench, TOKEN } from '../support/target-bench.js';
import { TargetServer } from '../support/target-shell.js';

const readText = (path: string) => readFileSync(path, 'utf8');
let bench: TargetBench;

beforeEach(async () => {
  bench = await TargetBench.start();
});

afterEach(() => bench.close());

describe('the agent', () => {
  const pidOf = (file: string) => Number(bench.text(`run/${file}`));

  it.each(['loop.pid', 'agent.pid'])('is back after the process of %s is killed', async (file) => {
    const target = await bench.session();
    await bench.installed(target);
    const before = pidOf(file);
    process.kill(before, 'SIGKILL');
    await eventually(() => pidOf(file) !== before, { timeoutMs: 8_000 });
    bench.server.reports.length = 0;
    await eventually(() => bench.server.states().includes('running'), { timeoutMs: 8_000 });
    expect(await target.call('uninstall')).toMatchObject({ code: 0 });
    expect(await target.call('gone')).toMatchObject({ code: 0 });
  });

  it.each([
    ['wget', () => '/usr/bin/wget'],
    ['busybox wget', () => '/usr/bin/busybox'],
  ])('reports with %s, and says goodbye', async (_client, from) => {
    const PATH = bench.toolbox(COMMANDS);
    cpSync(bench.toolbox('wget', from), PATH, { recursive: true, verbatimSymlinks: true });
    const target = await bench.session(DASH, { PATH });
    await bench.installed(target);
    await target.call('uninstall');
    expect(bench.server.states()).toEqual(expect.arrayContaining(['running', 'stopping']));
    expect(bench.server.reports[0]).toMatchObject({ token: TOKEN, name: 'nodeman-agent', version: '1.1.0' });
  });

  it('believes no hostile answer', async () => {
    const trap = join(bench.base, 'trap');
    bench.server.answer = { interval: '0;touch ' + trap, servers: [`$(touch ${trap}):80`, 'evil'] };
    const target = await bench.session();
    await bench.offer(target);
    target.set({ interval: 1 });
    await target.call('download');
    await target.call('install');
    await eventually(() => bench.server.reports.length >= 2);
    bench.server.answer = { interval: 0, servers: Array.from({ length: 17 }, (_, i) => `127.0.0.1:${i + 1}`) };
    const count = bench.server.reports.length;
    await eventually(() => bench.server.reports.length >= count + 2);
    expect(existsSync(bench.home('run/learned'))).toBe(false);
    expect(existsSync(trap)).toBe(false);
  });

  it('learns other servers, and returns to its own when those are gone', async () => {
    const other = await TargetServer.start();
    bench.server.answer = { interval: 1, servers: [other.address] };
    const target = await bench.session();
    await bench.installed(target);
    await eventually(() => other.reports.length > 0);
    expect(bench.text('run/learned')).toBe(`interval=1\nservers=${other.address}\n`);
    await other.close();
    const count = bench.server.reports.length;
    await eventually(() => bench.server.reports.length > count);
  });

  it('keeps plugins alive and reports them', async () => {
    const target = await bench.session();
    await bench.installed(target);
    const plugin = bench.home('plugins/clock');
    mkdirSync(plugin, { recursive: true });
    writeFileSync(join(plugin, 'manifest'), 'name=clock\nversion=3.1\nstart=start\nstop=stop\nstatus=status\n');
    const pidFile = join(plugin, 'pid');
    const program = (name: string, body: string) => {
      writeFileSync(join(plugin, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(plugin, name), 0o755);
    };
    program('start', `sleep 999 >/dev/null 2>&1 & echo $! >${pidFile}`);
    program('status', `kill -0 "$(cat ${pidFile})"`);
    program('stop', `kill "$(cat ${pidFile})"; rm ${pidFile}`);
    const clock = { name: 'clock', type: 'plugin', status: 'RUNNING', version: '3.1' };
    await eventually(() =>
      bench.server.reports.some((report) => JSON.stringify(report.processes) === JSON.stringify([clock])),
    );
    const first = Number(readText(pidFile));
    process.kill(first);
    const second = await eventually(
      () => existsSync(pidFile) && Number(readText(pidFile)) !== first && Number(readText(pidFile)),
    );
    await target.call('uninstall');
    expect(existsSync(`/proc/${second}`) && !readText(`/proc/${second}/stat`).includes(') Z ')).toBe(false);
  });
});
