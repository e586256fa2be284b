import { Credential } from '../../src/hosts/credential.entity.js';
import { JobHost } from '../../src/tasks/job-host.entity.js';
import { atOnce } from '../support/at-once.js';
import { Engine, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { aSilentServer, type OddFileServer } from '../support/file-servers.js';

let engine: Engine;
let stuck: OddFileServer;

beforeAll(async () => {
  engine = await Engine.start();
  stuck = await aSilentServer();
  await engine.serveFrom(stuck.address);
  await engine.startWorker();
}, 60_000);

afterAll(async () => {
  await engine.close();
  await stuck.close();
});

let stuckBefore: Promise<unknown> = Promise.resolve();

/** A run whose download hangs on the host. Made one after the other: the file server cannot tell who asks. */
async function aStuckRun(overrides: Partial<JobHost> = {}): Promise<Target & { run: JobHost }> {
  const stuckNow = stuckBefore.then(() => stick(overrides));
  stuckBefore = stuckNow.catch(() => undefined);
  return stuckNow;
}

async function stick(overrides: Partial<JobHost>): Promise<Target & { run: JobHost }> {
  const target = await engine.aTarget();
  const before = stuck.requests.length;
  const run = await engine.queue(target.host, 'INSTALL', overrides);
  await eventually(() => stuck.requests.length > before);
  expect(await target.fleet.processes()).not.toEqual([]);
  return { ...target, run };
}

describe('stopping a run in the middle of the script', () => {
  it('kills what runs on the host, sees it gone and says so', async () => {
    const { run, fleet, host } = await aStuckRun();
    const asked = performance.now();
    await engine.cancel(run.id, 'ann');
    const ended = await engine.endOf(run);
    expect(performance.now() - asked).toBeLessThan(2_500);
    expect(ended).toMatchObject({ status: 'FAILED', errCode: 'FORCE_STOP', step: 'OVER_FAILED' });
    expect(ended.errDesc!.en).toMatch(/Stopped by ann at step DOWNLOAD_FILE .* seen to be gone/);
    expect((await engine.logOf(run)).at(-1)).toBe(`[OVER_FAILED] ${ended.errDesc!.en}`);
    expect(await fleet.processes()).toEqual([]);
    expect(await engine.hostOf(host.id)).toMatchObject({ jobStatus: 'FAILED', jobErrCode: 'FORCE_STOP' });
  });

  it('also finds a cancel that nobody announced', async () => {
    const { run, fleet } = await aStuckRun();
    await engine.dataSource.manager.update(
      JobHost,
      { id: run.id },
      { cancelRequestedAt: new Date(), cancelRequestedBy: 'bob' },
    );
    expect(await engine.endOf(run, 4_000)).toMatchObject({ errCode: 'FORCE_STOP' });
    expect(await fleet.processes()).toEqual([]);
  });

  it('ends a run that passes its deadline, wherever it stands', async () => {
    const { run, fleet } = await aStuckRun({ deadlineAt: new Date(Date.now() + 1_500) });
    const ended = await engine.endOf(run);
    expect(ended).toMatchObject({ status: 'FAILED', errCode: 'CELERY_TASK_TIMEOUT' });
    expect(ended.errDesc!.en).toMatch(/passed the timeout setting while at step DOWNLOAD_FILE/);
    expect(await fleet.processes()).toEqual([]);
  });

  it(
    'does what the host leaves it to do',
    () =>
      atOnce({
        'uses force on a script that does not listen any more': async () => {
          const { run, fleet, machine } = await aStuckRun();
          for (const group of machine.groups) process.kill(-group, 'SIGSTOP');
          await engine.cancel(run.id);
          const ended = await engine.endOf(run);
          expect(ended.errDesc!.en).toMatch(/seen to be gone/);
          expect(await fleet.processes()).toEqual([]);
        },

        'does not claim a proof that it does not have': async () => {
          const { run, fleet, machine, host } = await aStuckRun();
          for (const group of machine.groups) process.kill(-group, 'SIGSTOP');
          machine.pauseConnections();
          // It would be cleaned up by a new login.
          await engine.dataSource.manager.delete(Credential, { hostId: host.id });
          await engine.cancel(run.id);
          const ended = await engine.endOf(run);
          expect(ended).toMatchObject({ errCode: 'FORCE_STOP' });
          expect(ended.errDesc!.en).toMatch(/could not be proven gone.*could not be cleaned up: No password or key/);
          await fleet.stop();
        },

        'ends a run as broken whose session breaks, and the script on the host ends itself': async () => {
          const { run, fleet, machine } = await aStuckRun();
          machine.resetConnections();
          const ended = await engine.endOf(run);
          expect(ended).toMatchObject({ status: 'FAILED', errCode: 'UNEXPECTED_RETURN' });
          await eventually(async () => (await fleet.processes()).length === 0);
        },

        'ends a run as broken whose script is killed': async () => {
          const { run, fleet, machine } = await aStuckRun();
          for (const group of machine.groups) process.kill(-group, 'SIGKILL');
          const ended = await engine.endOf(run);
          expect(ended).toMatchObject({ status: 'FAILED', errCode: 'UNEXPECTED_RETURN' });
          expect(ended.errDesc!.en).toMatch(/killed by (SIG)?KILL/);
          expect(await fleet.processes()).toEqual([]);
        },
      }),
    90_000,
  );
});
