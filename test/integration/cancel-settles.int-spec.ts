import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import { Engine, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { aDownloadOnlyServer, aSilentServer, type OddFileServer } from '../support/file-servers.js';

let engine: Engine;
let silent: OddFileServer;
let deaf: OddFileServer;

beforeAll(async () => {
  engine = await Engine.start();
  silent = await aSilentServer();
  deaf = await aDownloadOnlyServer(await engine.address());
  await engine.startWorker();
}, 60_000);

afterAll(async () => {
  await engine.close();
  await Promise.all([silent.close(), deaf.close()]);
});

const NOTHING_LEFT = /cleaned up: nothing of it is left there$/;
const opt = async ({ machine }: Target): Promise<string[]> => readdir(join(machine.root, 'opt')).catch(() => []);

async function expectNothingOn(target: Target): Promise<void> {
  expect(await target.fleet.processes()).toEqual([]);
  expect(await opt(target)).toEqual([]);
}

/** As a worker does that is killed: its lease runs out, and nobody hears of it again. */
const loseWorkerOf = (run: JobHost) =>
  engine.dataSource.query(
    `UPDATE job_hosts SET lease_owner = 'somebody dead', lease_expires_at = now(), attempt = attempt + 1,
       cancel_requested_at = now(), cancel_requested_by = 'ann' WHERE id = $1`,
    [run.id],
  );

describe('a cancelled installation', () => {
  it('leaves nothing when the agent runs already, and has not reported', async () => {
    await engine.serveFrom(deaf.address);
    const target = await engine.aTarget();
    const run = await engine.queue(target.host, 'INSTALL');
    await engine.atStep(run, 'WAIT_AGENT');
    expect(await opt(target)).not.toEqual([]);
    await engine.cancel(run.id);
    const ended = await engine.endOf(run);
    expect([ended.errCode, ended.errDesc!.en]).toEqual(['FORCE_STOP', expect.stringMatching(NOTHING_LEFT)]);
    expect(ended.errDesc!.zh).toMatch(/未留下本任务的任何内容$/);
    expect((await engine.logOf(run)).at(-1)).toBe(`[OVER_FAILED] ${ended.errDesc!.en}`);
    await expectNothingOn(target);
  }, 40_000);

  it('leaves nothing while it downloads', async () => {
    await engine.serveFrom(silent.address);
    const target = await engine.aTarget();
    const before = silent.requests.length;
    const run = await engine.queue(target.host, 'INSTALL');
    await eventually(() => silent.requests.length > before);
    await engine.cancel(run.id);
    expect((await engine.endOf(run)).errDesc!.en).toMatch(NOTHING_LEFT);
    await expectNothingOn(target);
  }, 40_000);

  it('is cleaned up by the next worker when its own is lost', async () => {
    await engine.serveFrom(silent.address);
    const target = await engine.aTarget();
    const before = silent.requests.length;
    const run = await engine.queue(target.host, 'INSTALL');
    await eventually(() => silent.requests.length > before);
    await loseWorkerOf(run);
    const ended = await engine.endOf(run);
    expect(ended).toMatchObject({ errCode: 'FORCE_STOP', losses: 1 });
    expect(ended.errDesc!.en).toMatch(/^Stopped by ann at step DOWNLOAD_FILE .* nothing of it is left there$/);
    await expectNothingOn(target);
  }, 40_000);

  it('has the agent of before run again', async () => {
    await engine.serveFrom(await engine.address());
    const target = await engine.aTarget();
    expect(await engine.endOf(await engine.queue(target.host, 'INSTALL'))).toMatchObject({ errCode: 'SUCCESS' });
    await engine.serveFrom(deaf.address);
    const run = await engine.queue(target.host, 'REINSTALL');
    await engine.atStep(run, 'WAIT_AGENT');
    const stoppedAt = new Date();
    await engine.cancel(run.id);
    expect((await engine.endOf(run)).errDesc!.en).toMatch(/the agent of before runs again$/);
    await eventually(async () => {
      const [row] = await engine.dataSource.query('SELECT reported_at FROM agents WHERE host_id = $1', [
        target.host.id,
      ]);
      return row.reported_at > stoppedAt;
    });
  }, 60_000);

  it('needs nothing, and asks nobody, before it has logged in', async () => {
    const target = await engine.aTarget({ faults: ['stuck-login'] });
    const run = await engine.queue(target.host, 'INSTALL');
    await engine.atStep(run, 'SSH_LOGIN');
    await engine.cancel(run.id);
    const ended = await engine.endOf(run);
    expect(ended.errDesc!.en).toMatch(/Nothing of it was running on the host$/);
    expect(target.machine.connectionCount).toBeLessThanOrEqual(1);
  });

  it('says why the host could not be cleaned up', async () => {
    await engine.serveFrom(deaf.address);
    const target = await engine.aTarget();
    const run = await engine.queue(target.host, 'INSTALL');
    await engine.atStep(run, 'WAIT_AGENT');
    await target.machine.disconnect();
    await engine.cancel(run.id);
    const ended = await engine.endOf(run);
    expect(ended).toMatchObject({ errCode: 'FORCE_STOP' });
    expect(ended.errDesc!.en).toMatch(/could not be cleaned up: 127\.0\.79\.\d+:\d+ refused the connection/);
    await target.fleet.stop();
  }, 40_000);
});
