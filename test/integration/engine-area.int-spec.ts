import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/launcher/services/free-port.js';
import { Proxy } from '../../src/proxies/proxy.entity.js';
import { AUTHORIZED_KEYS_FILE } from '../../src/simulator/authorized-keys.js';
import type { Host } from '../../src/hosts/host.entity.js';
import { Area } from '../support/area.js';
import { Engine, PASSWORD, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import type { PuppetHost } from '../support/puppet-host.js';

let engine: Engine;
let area: Area;

beforeAll(async () => {
  engine = await Engine.start({ proxyPort: await freePort() });
  await engine.startWorker();
  area = await Area.open(engine);
}, 60_000);

afterAll(() => engine.close());

const isRunning = (hostId: number): Promise<unknown> =>
  eventually(async () => (await engine.hostOf(hostId)).agentStatus === 'RUNNING');

it('a closed area, from its first door to an empty one', async () => {
  const door = await area.aDoor();
  expect(await engine.endOf(await engine.queue(door.host, 'PRECHECK'))).toMatchObject({ errCode: 'SUCCESS' });
  const install = await engine.queue(door.host, 'INSTALL');
  expect([(await engine.endOf(install)).errCode, await engine.logOf(install)]).toEqual([
    'SUCCESS',
    expect.arrayContaining([expect.stringMatching(/^\[EXECUTE_SCRIPT\] The proxy is ready/)]),
  ]);
  const { manager } = engine.dataSource;
  expect(await manager.findOneBy(Proxy, { hostId: door.host.id })).toMatchObject({ account: 'root', sshStatus: 'UP' });
  const keys = join(door.machine.root, AUTHORIZED_KEYS_FILE);
  expect(await readFile(keys, 'utf8')).toMatch(/^restrict,port-forwarding,command="\/bin\/false" ssh-ed25519 \S+/m);
  await isRunning(door.host.id);

  const behind = await area.aHost();
  const installBehind = await engine.queue(behind.host, 'INSTALL');
  const installed = await engine.endOf(installBehind);
  const log = await engine.logOf(installBehind);
  expect([installed.errCode, log]).toEqual(['SUCCESS', expect.anything()]);
  expect(installed.finishedSteps).toEqual([
    ...['INIT', 'CREATE_JOB_SCRIPT', 'SSH_LOGIN', 'EXECUTE_JOB', 'SCRIPT_DONE', 'REGISTER_CMDB', 'WAIT_AGENT'],
  ]);
  expect(log).toContainEqual(`[SSH_LOGIN] Through proxy ${door.host.innerIp} (no other can be used)`);
  expect(log.join('\n')).not.toContain(PASSWORD);
  await isRunning(behind.host.id);
  // All that reached it came through the proxy, and what it fetched came from there.
  const target = `${behind.machine.address}:${behind.machine.port}`;
  expect(door.machine.forwards.asked.filter((each) => each === target)).toHaveLength(behind.machine.connectionCount);
  expect(log.join('\n')).toContain(`from ${door.host.innerIp}:`);

  for (const opType of ['REINSTALL', 'UNINSTALL'] as const) {
    expect(await engine.endOf(await engine.queue(behind.host, opType))).toMatchObject({ errCode: 'SUCCESS' });
  }
  expect(await behind.fleet.processes()).toEqual([]);

  expect(await engine.endOf(await engine.queue(door.host, 'UNINSTALL'))).toMatchObject({ errCode: 'SUCCESS' });
  expect(await manager.countBy(Proxy, { hostId: door.host.id })).toBe(0);
  expect(await readFile(keys, 'utf8').catch(() => '')).not.toContain('ssh-ed25519');
  expect(await door.fleet.processes()).toEqual([]);
  expect(await readdir(join(door.machine.root, 'opt')).catch(() => [])).toEqual([]);
}, 90_000);

it('a proxy that does not let the server pass is not installed', async () => {
  const door = await area.aDoor({ faults: ['forward-refused'] });
  const ended = await engine.endOf(await engine.queue(door.host, 'INSTALL'));
  expect([ended.errCode, ended.errDesc!.en]).toEqual([
    'INSTALL_FAILED',
    expect.stringContaining('cannot pass through it with its own key'),
  ]);
  expect(await engine.dataSource.manager.countBy(Proxy, { hostId: door.host.id })).toBe(0);
}, 60_000);

describe('behind two proxies', () => {
  let doors: Target[];
  let puppet: PuppetHost;
  let host: Host;

  beforeAll(async () => {
    area = await Area.open(engine);
    doors = [await area.aDoor(), await area.aDoor()];
    const installs = await Promise.all(doors.map((door) => engine.queue(door.host, 'INSTALL')));
    for (const install of installs) expect(await engine.endOf(install)).toMatchObject({ errCode: 'SUCCESS' });
    await Promise.all(doors.map((door) => isRunning(door.host.id)));
    ({ host, puppet } = await area.aPuppet('127.0.82.1'));
  }, 60_000);

  afterAll(() => puppet?.stop());

  it('a cancel is proven through the proxy', async () => {
    await puppet.hold('DOWNLOAD_FILE');
    const run = await engine.queue(host, 'INSTALL');
    await puppet.isHeld('DOWNLOAD_FILE');
    await engine.cancel(run.id);
    const ended = await engine.endOf(run);
    await puppet.release('DOWNLOAD_FILE');
    expect([ended.errCode, ended.errDesc!.en]).toEqual(['FORCE_STOP', expect.stringContaining('seen to be gone')]);
    expect(puppet.scriptProcesses()).toEqual([]);
  });

  it('an installation goes on when the proxy that carries it, and serves it, goes down in the middle', async () => {
    await puppet.hold('SCRIPT_DONE');
    const run = await engine.queue(host, 'INSTALL');
    await puppet.isHeld('SCRIPT_DONE');
    const log = (await engine.logOf(run)).join('\n');
    const carrier = doors.find((door) => log.includes(`Through proxy ${door.host.innerIp} `))!;
    await carrier.fleet.stop();
    await puppet.release('SCRIPT_DONE');
    const ended = await engine.endOf(run, 40_000);
    expect([ended.errCode, await engine.logOf(run)]).toEqual([
      'SUCCESS',
      expect.arrayContaining([expect.stringContaining(`Proxy ${carrier.host.innerIp} failed`)]),
    ]);
    await isRunning(host.id);
  }, 60_000);

  it('one is left, and carries every operation', async () => {
    for (const opType of ['PRECHECK', 'REINSTALL', 'UPGRADE', 'UNINSTALL'] as const) {
      const run = await engine.queue(host, opType);
      expect([(await engine.endOf(run, 40_000)).errCode, await engine.logOf(run)]).toEqual([
        'SUCCESS',
        expect.anything(),
      ]);
    }
    expect(puppet.supervisors()).toEqual([]);
  }, 60_000);
});
