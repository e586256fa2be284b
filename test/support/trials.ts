import { existsSync, readdirSync } from 'node:fs';
import { eventually } from './eventually.js';
import { TOKEN, withVersion, type Edit, type TargetBench } from './target-bench.js';
import { processesWith, type TargetShell } from './target-shell.js';

export const NEW_TOKEN = '7.another';
/** Comes up, but never reports. */
export const mute: Edit = (path, text) => (path === 'bin/agent' ? '#!/bin/sh\nexec sleep 999\n' : text);

/** Version 1.1.0 by run 1, as it stays after a session that ended well. */
export async function withAgent(bench: TargetBench, edit?: Edit): Promise<void> {
  const target = await bench.session();
  await bench.installed(target, edit);
  await eventually(() => existsSync(bench.home('run/reported')));
  await target.stop();
}

/** Run 2 installs version 2.0.0 on trial. */
export async function onTrial(
  bench: TargetBench,
  edit: Edit = mute,
  values: Record<string, string | number> = {},
  shell?: string[],
): Promise<TargetShell> {
  const target = await bench.session(shell);
  await bench.offer(target, withVersion('2.0.0', edit));
  target.set({ run_id: 2, token: NEW_TOKEN, trial: 600, ...values });
  expect(await target.call('download')).toMatchObject({ code: 0 });
  expect(await target.call('install')).toMatchObject({ code: 0, fail: '' });
  return target;
}

export const watchdogs = (bench: TargetBench): number[] => processesWith(bench.home('before/watchdog'));
export const current = (bench: TargetBench): string =>
  /^version=(.*)$/m.exec(bench.text('current/manifest'))?.[1] ?? '';

export async function expectOldOne(bench: TargetBench, token = TOKEN): Promise<void> {
  expect(current(bench)).toBe('1.1.0');
  expect(bench.text('etc/agent.conf')).toContain(`token=${token}\n`);
  expect(readdirSync(bench.home('versions'))).toEqual(['1.1.0']);
  expect(existsSync(bench.home('before'))).toBe(false);
  const count = bench.server.reports.length;
  await eventually(() => bench.server.reports.slice(count).some((report) => report.token === token));
  expect(watchdogs(bench)).toEqual([]);
}
