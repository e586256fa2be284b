import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/launcher/services/free-port.js';
import { Proxy } from '../../src/proxies/proxy.entity.js';
import { AUTHORIZED_KEYS_FILE } from '../../src/simulator/authorized-keys.js';
import { Area } from '../support/area.js';
import { Engine, PASSWORD } from '../support/engine.js';
import { eventually } from '../support/eventually.js';

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
  expect(log).toContainEqual(`[SSH_LOGIN] Through proxy ${door.host.innerIp} (there is no other)`);
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
