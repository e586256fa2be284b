import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { LauncherProcess, processesWith, untilNothingHas } from '../support/launcher-process.js';

jest.setTimeout(120_000);

const UP = /nodeman runs[\s\S]*API +(\S+)\/api[\s\S]*Ctrl-C/;

let dataDir: string;
let started: LauncherProcess[];

/** A start takes long: tests go on with the installation, and with what runs, as the one before left it. */
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nodeman-start-'));
  started = [];
});

afterAll(async () => {
  for (const launcher of started) launcher.kill();
  await untilNothingHas(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

function start(env: NodeJS.ProcessEnv = {}, folder = dataDir): LauncherProcess {
  const launcher = new LauncherProcess('start', folder, env);
  started.push(launcher);
  return launcher;
}

/** What runs on the data folder, and where its API is; started unless it does. */
async function running(): Promise<{ launcher: LauncherProcess; origin: string }> {
  const launcher = started.find(({ isRunning }) => isRunning) ?? start();
  const [, origin = ''] = await launcher.wrote(UP);
  return { launcher, origin };
}

async function login(origin: string, password: string): Promise<number> {
  const response = await fetch(`${origin}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  });
  return response.status;
}

it('starts everything, stops everything at Ctrl-C, and keeps the data', async () => {
  const first = start({ WORKERS: '2' });
  const [, origin = ''] = await first.wrote(UP);
  const [, password = ''] = await first.wrote(/password +(\S+)/);
  await first.wrote(
    /worker-1 *\|.*at work[\s\S]*worker-2 *\|.*at work|worker-2 *\|.*at work[\s\S]*worker-1 *\|.*at work/,
  );
  expect(await login(origin, password)).toBe(200);
  first.interrupt();
  expect(await first.exited).toBe(0);
  expect(processesWith(dataDir)).toEqual([]);

  const second = start();
  const [, again = ''] = await second.wrote(UP);
  expect(await login(again, password)).toBe(200);
  expect(second.output).not.toContain(password);
});

it('refuses a data folder that another one works on', async () => {
  const { launcher, origin } = await running();
  const second = start();
  expect(await second.exited).toBe(1);
  expect(second.output).toContain(`${dataDir} is in use by another nodeman (pid ${launcher.pid})`);
  expect((await fetch(`${origin}/api/health/ready`)).status).toBe(200);
});

it('says that the port is in use before it starts anything', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const launcher = start({ PORT: String(port) }, join(dataDir, 'other'));
  expect(await launcher.exited).toBe(1);
  expect(launcher.output).toContain(`Port ${port} of 127.0.0.1 is in use`);
  expect(launcher.output).not.toContain('migrate');
  server.close();
});

it('names every bad variable', async () => {
  const launcher = start({ WORKERS: 'many', REDIS_URL: 'http://redis' }, join(dataDir, 'other'));
  expect(await launcher.exited).toBe(78);
  expect(launcher.output).toMatch(/REDIS_URL[\s\S]*WORKERS/);
});

it('leaves no child behind when it is killed outright, and starts again', async () => {
  const { launcher } = await running();
  expect(processesWith(dataDir).length).toBeGreaterThan(4);
  launcher.kill();
  await untilNothingHas(dataDir);
  await start().wrote(UP);
});

it('starts what crashed again', async () => {
  const { launcher, origin } = await running();
  for (const [name, mark] of [
    ['worker', 'dist/worker.js'],
    ['api', 'dist/main.js'],
    ['Redis', 'redis-server'],
    ['PostgreSQL', 'postgres/data'],
  ]) {
    const line = processesWith(dataDir).find((command) => command.includes(mark!));
    process.kill(Number.parseInt(line!, 10), 'SIGKILL');
    await launcher.wrote(new RegExp(`${name} ended .signal SIGKILL.`));
  }
  await eventually(async () => (await fetch(`${origin}/api/health/ready`)).ok, { timeoutMs: 30_000 });
});

it('kills everything at the second Ctrl-C', async () => {
  const { launcher } = await running();
  const worker = await eventually(() => processesWith(dataDir).find((command) => command.includes('dist/worker.js')));
  process.kill(Number.parseInt(worker, 10), 'SIGSTOP');
  launcher.interrupt();
  await launcher.wrote(/once more/);
  await eventually(() => {
    if (launcher.isRunning) launcher.interrupt();
    return !launcher.isRunning;
  });
  expect(await launcher.exited).toBe(130);
  await untilNothingHas(dataDir);
});
