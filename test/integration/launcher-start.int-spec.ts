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

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'nodeman-start-'));
  started = [];
});

afterEach(async () => {
  for (const launcher of started) launcher.kill();
  await untilNothingHas(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

function start(env: NodeJS.ProcessEnv = {}): LauncherProcess {
  const launcher = new LauncherProcess('start', dataDir, env);
  started.push(launcher);
  return launcher;
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
  second.interrupt();
  expect(await second.exited).toBe(0);
});

it('refuses a data folder that another one works on', async () => {
  const first = start();
  await first.wrote(/migrate/);
  const second = start();
  expect(await second.exited).toBe(1);
  expect(second.output).toContain(`${dataDir} is in use by another nodeman (pid ${first.pid})`);
  await first.wrote(UP);
});

it('says that the port is in use before it starts anything', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const launcher = start({ PORT: String(port) });
  expect(await launcher.exited).toBe(1);
  expect(launcher.output).toContain(`Port ${port} of 127.0.0.1 is in use`);
  expect(launcher.output).not.toContain('migrate');
  server.close();
});

it('names every bad variable', async () => {
  const launcher = start({ WORKERS: 'many', REDIS_URL: 'http://redis' });
  expect(await launcher.exited).toBe(78);
  expect(launcher.output).toMatch(/REDIS_URL[\s\S]*WORKERS/);
});

it('leaves no child behind when it is killed outright, and starts again', async () => {
  const first = start();
  await first.wrote(UP);
  expect(processesWith(dataDir).length).toBeGreaterThan(4);
  first.kill();
  await untilNothingHas(dataDir);
  const second = start();
  await second.wrote(UP);
});

it('starts what crashed again', async () => {
  const launcher = start();
  const [, origin = ''] = await launcher.wrote(UP);
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
  const launcher = start();
  await launcher.wrote(UP);
  const [worker] = processesWith(dataDir).filter((command) => command.includes('dist/worker.js'));
  process.kill(Number.parseInt(worker!, 10), 'SIGSTOP');
  launcher.interrupt();
  await launcher.wrote(/once more/);
  await eventually(() => {
    if (launcher.isRunning) launcher.interrupt();
    return !launcher.isRunning;
  });
  expect(await launcher.exited).toBe(130);
  await untilNothingHas(dataDir);
});
