import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { LauncherProcess, processesWith, untilNothingHas } from '../support/launcher-process.js';

jest.setTimeout(180_000);

let dataDir: string;
let demo: LauncherProcess;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nodeman-demo-'));
});

afterAll(async () => {
  demo.kill();
  await untilNothingHas(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

it('installs agents before the reader, meets a wrong password, and gives lines that work', async () => {
  demo = new LauncherProcess('demo', dataDir);
  await demo.wrote(/Ctrl-C stops/, 120_000);
  expect(demo.output).toContain('INSTALL on 6 hosts');
  for (const last of [1, 2, 3, 4, 5]) {
    expect(demo.output).toMatch(new RegExp(`127\\.0\\.77\\.${last} +SUCCESS +OVER_SUCCESS`));
    expect(demo.output).toMatch(new RegExp(`127\\.0\\.77\\.${last} +RUNNING +1\\.1\\.0 +\\d{4}-`));
  }
  expect(demo.output).toMatch(/127\.0\.77\.6 +FAILED +OVER_FAILED +SSH_WRONG_PASSWORD/);
  expect(demo.output).toMatch(/127\.0\.77\.6 failed with SSH_WRONG_PASSWORD:\n.*refused the password/);

  const lines = demo.output.match(/^ {2}curl .*$/gm) ?? [];
  const answers = lines.map((line) => execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
  const [login, hosts, log] = answers.map((answer) => JSON.parse(answer) as { data: Record<string, unknown> });
  expect(login!.data.username).toBe('admin');
  expect(hosts!.data.count).toBe(5);
  expect(log!.data.err_code).toBe('SSH_WRONG_PASSWORD');
});

it('stops everything at Ctrl-C, the agents of its hosts too', async () => {
  expect(processesWith(join(dataDir, 'demo-hosts')).length).toBeGreaterThan(5);
  demo.interrupt();
  expect(await demo.exited).toBe(0);
  expect(processesWith(dataDir)).toEqual([]);
});

it('makes sense a second time: reinstalls what is managed', async () => {
  demo = new LauncherProcess('demo', dataDir);
  await demo.wrote(/Ctrl-C stops/, 120_000);
  expect(demo.output).toContain('INSTALL on 1 hosts, REINSTALL on 5');
  expect(demo.output.match(/SUCCESS +OVER_SUCCESS/g)).toHaveLength(5);
});

it('leaves no agent behind when it is killed outright', async () => {
  demo.kill();
  await untilNothingHas(dataDir);
});
