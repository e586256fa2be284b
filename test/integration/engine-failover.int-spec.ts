import type { Host } from '../../src/hosts/host.entity.js';
import { freePort } from '../../src/launcher/services/free-port.js';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import { Area } from '../support/area.js';
import { Engine, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import type { HoldPlace, PuppetHost } from '../support/puppet-host.js';

const JOB_TIMEOUT_SECONDS = 3;

let engine: Engine;
let area: Area;
let puppet: PuppetHost | undefined;
let host: Host;

beforeAll(async () => {
  engine = await Engine.start({
    proxyPort: await freePort(),
    jobTimeoutSeconds: JOB_TIMEOUT_SECONDS,
    sshLoginTimeoutSeconds: 2,
  });
  await engine.startWorker();
}, 60_000);

let puppets = 0;
beforeEach(async () => {
  area = await Area.open(engine);
  puppets += 1;
  ({ host, puppet } = await area.aPuppet(`127.0.81.${puppets}`));
});

afterEach(() => puppet?.stop());
afterAll(() => engine.close());

/** Cuts the proxy off that the run goes through, and returns it. */
async function cutTheWay(run: JobHost, doors: readonly Target[]): Promise<Target> {
  const last = await eventually(async () =>
    (await engine.logOf(run)).findLast((line) => line.includes('Through proxy')),
  );
  const door = doors.find((each) => last.includes(`Through proxy ${each.host.innerIp} `))!;
  await door.machine.disconnect();
  return door;
}

async function logOf(run: JobHost): Promise<string> {
  return (await engine.logOf(run)).join('\n');
}

/** An uninstallation stands still there, as does an installation; it needs no file server. */
async function heldAt(place: HoldPlace, opType: 'INSTALL' | 'UNINSTALL'): Promise<JobHost> {
  await puppet!.hold(place);
  const run = await engine.queue(host, opType);
  await puppet!.isHeld(place);
  return run;
}

describe('a run whose proxy dies', () => {
  it.each([
    ['SSH_LOGIN', 'INSTALL', 'SSH_LOGIN', 'CURL_FILE_FAILED'],
    ['INSTALL_DEP', 'INSTALL', 'EXECUTE_JOB', 'CURL_FILE_FAILED'],
    ['INSTALL_DEP', 'UNINSTALL', 'EXECUTE_SCRIPT', 'SUCCESS'],
  ] as const)('at %s of %s goes on through the other', async (place, opType, step, errCode) => {
    const doors = [await area.aBareProxy(), await area.aBareProxy()];
    const run = await heldAt(place, opType);
    const dead = await cutTheWay(run, doors);
    const other = doors.find((door) => door !== dead)!;
    const told = new RegExp(
      `\\[${step}\\] Proxy ${dead.host.innerIp} failed \\(.*this step is done again.*\\n` +
        `\\[${step}\\] Through proxy ${other.host.innerIp} \\(no other can be used\\)`,
    );
    await eventually(async () => told.test(await logOf(run)));
    await eventually(() => other.machine.forwards.asked.includes(`${host.innerIp}:${host.port}`));
    await puppet!.release(place);
    // Without nginx nobody serves the package there.
    expect(await engine.endOf(run)).toMatchObject({ errCode });
    await eventually(() => puppet!.scriptProcesses().length === 0);
  });

  it.each([
    ['SSH_LOGIN', 'INSTALL', 'START_JOB_FAILED'],
    ['INSTALL_DEP', 'INSTALL', 'IJOBS_FAILED'],
    ['INSTALL_DEP', 'UNINSTALL', 'IJOBS_FAILED'],
  ] as const)('at %s of %s, and the other too, ends as %s', async (place, opType, errCode) => {
    const doors = [await area.aBareProxy(), await area.aBareProxy()];
    const run = await heldAt(place, opType);
    await Promise.all(doors.map((door) => door.machine.disconnect()));
    const ended = await engine.endOf(run);
    expect([ended.errCode, ended.errDesc!.en]).toEqual([errCode, expect.stringContaining('None of the proxies')]);
    for (const door of doors) expect(ended.errDesc!.en).toContain(`PROXY ${door.host.innerIp}: `);
    await eventually(() => puppet!.scriptProcesses().length === 0);
  });

  it('and comes back at once goes on through it, where it is the only one', async () => {
    const door = await area.aBareProxy();
    const run = await heldAt('INSTALL_DEP', 'UNINSTALL');
    door.machine.resetConnections();
    await eventually(async () => /Proxy \S+ failed .*this step is done again/.test(await logOf(run)));
    await puppet!.release('INSTALL_DEP');
    expect(await engine.endOf(run)).toMatchObject({ errCode: 'SUCCESS' });
  });

  it('before it begins takes the one that lives', async () => {
    const doors = [await area.aBareProxy(), await area.aBareProxy()];
    await doors[0]!.machine.disconnect();
    const run = await heldAt('SSH_LOGIN', 'INSTALL');
    await eventually(async () => (await logOf(run)).includes(`Through proxy ${doors[1]!.host.innerIp}`));
    await puppet!.release('SSH_LOGIN');
    await engine.endOf(run);
  });
});

describe('a host behind proxies', () => {
  it('is never reached directly: without a proxy the run ends, and says so', async () => {
    const run = await engine.queue(host, 'INSTALL');
    const ended = await engine.endOf(run);
    expect([ended.errCode, ended.errDesc!.en]).toEqual([
      'START_JOB_FAILED',
      expect.stringContaining(`Cloud ${area.cloudId} has no installed proxy`),
    ]);
    expect(puppet!.machine.connectionCount).toBe(0);
  });

  it('that no proxy can connect to is SOCKET_TIMEOUT, after a second one has tried', async () => {
    const doors = [await area.aBareProxy(), await area.aBareProxy()];
    await puppet!.machine.disconnect();
    const run = await engine.queue(host, 'INSTALL');
    expect(await engine.endOf(run)).toMatchObject({ errCode: 'SOCKET_TIMEOUT' });
    for (const door of doors) expect(door.machine.forwards.asked).toHaveLength(1);
  });

  it('that breaks off itself is UNEXPECTED_RETURN, and the proxy is not blamed', async () => {
    const doors = [await area.aBareProxy(), await area.aBareProxy()];
    const run = await heldAt('INSTALL_DEP', 'INSTALL');
    puppet!.machine.resetConnections();
    expect(await engine.endOf(run)).toMatchObject({ errCode: 'UNEXPECTED_RETURN' });
    expect(await logOf(run)).not.toMatch(/Proxy \S+ failed/);
    expect(doors.map(({ machine }) => machine.connectionCount).sort()[0]).toBeLessThanOrEqual(1);
  });

  it('that takes longer for its job than that may last is JOB_TIMEOUT', async () => {
    await area.aBareProxy();
    const run = await heldAt('INSTALL_DEP', 'INSTALL');
    const ended = await engine.endOf(run);
    expect([ended.errCode, ended.errDesc!.en]).toEqual([
      'JOB_TIMEOUT',
      expect.stringContaining(`EXECUTE_JOB (Running the batch) did not end within ${JOB_TIMEOUT_SECONDS} s`),
    ]);
    await eventually(() => puppet!.scriptProcesses().length === 0);
  });

  it('is removed although no proxy is left, and the log says what stays', async () => {
    const run = await engine.queue(host, 'REMOVE');
    expect(await engine.endOf(run)).toMatchObject({ status: 'SUCCESS' });
    expect(await logOf(run)).toMatch(/START_JOB_FAILED.*\n.*its files and processes stay/);
  });
});
