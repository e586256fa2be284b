import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { JobHost } from '../../src/tasks/job-host.entity.js';
import { anAgentVersion } from '../support/agent-versions.js';
import { atOnce } from '../support/at-once.js';
import { Engine, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';

const NEW = '7.0.0';
/** One per case: all of them wait at once. */
const engines: Engine[] = [];

afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));

/** An installation with a host whose agent runs, and a new version that reports, or does not. */
async function aHostToUpgrade(isMute: boolean): Promise<Target & { engine: Engine; worker: INestApplicationContext }> {
  const engine = await Engine.start({ waitAgentTimeoutSeconds: 6 });
  engines.push(engine);
  const worker = await engine.startWorker();
  const target = await engine.aTarget();
  expect(await engine.endOf(await engine.queue(target.host, 'INSTALL'))).toMatchObject({ errCode: 'SUCCESS' });
  await anAgentVersion(engine, NEW, { isMute });
  return { ...target, engine, worker, host: await engine.hostOf(target.host.id) };
}

const versionsOn = ({ machine }: Target): Promise<string[]> =>
  readdir(join(machine.root, 'opt/nodeman/agent/versions'));
const logOf = async (engine: Engine, run: JobHost): Promise<string> => (await engine.logOf(run)).join('\n');

it(
  'an upgrade stays when its agent reports, and is undone otherwise',
  () =>
    atOnce({
      'whose agent reports stays, on the session that installed it, and says from which version to which': async () => {
        const { engine, host, machine } = await aHostToUpgrade(false);
        const before = machine.connectionCount;
        const run = await engine.queue(host, 'UPGRADE');
        const ended = await engine.endOf(run);
        expect([ended.errCode, await logOf(engine, run)]).toEqual(['SUCCESS', expect.stringContaining(`kept ${NEW}`)]);
        expect((await engine.logOf(run)).at(-1)).toBe(
          `[OVER_SUCCESS] Upgraded from ${host.agentVersion} to ${NEW}; the agent is up`,
        );
        expect(machine.connectionCount).toBe(before + 1);
        expect(await engine.hostOf(host.id)).toMatchObject({ agentVersion: NEW, agentStatus: 'RUNNING' });
      },

      'whose agent does not report goes back to the old version, by a new session where the one before is lost, and says so':
        async () => {
          const target = await aHostToUpgrade(true);
          const { engine, host, machine } = target;
          const run = await engine.queue(host, 'UPGRADE');
          await engine.atStep(run, 'WAIT_AGENT');
          machine.resetConnections();
          const ended = await engine.endOf(run, 40_000);
          expect([ended.errCode, ended.errDesc!.en]).toEqual([
            'INSTALL_FAILED',
            expect.stringMatching(
              `did not report within 6 s. The old version ${host.agentVersion} is back, and reports again`,
            ),
          ]);
          expect(ended.errDesc!.zh).toContain(`旧版本 ${host.agentVersion} 已恢复并重新上报`);
          expect(await versionsOn(target)).toEqual([host.agentVersion]);
          expect(await engine.hostOf(host.id)).toMatchObject({
            agentInstalled: true,
            agentStatus: 'RUNNING',
            agentVersion: host.agentVersion,
          });
        },

      'whose agent does not report is undone by the worker that takes it over': async () => {
        const target = await aHostToUpgrade(true);
        const { engine, host, worker, machine } = target;
        const run = await engine.queue(host, 'UPGRADE');
        await engine.atStep(run, 'WAIT_AGENT');
        const before = machine.connectionCount;
        await Promise.all([engine.stopWorker(worker), engine.startWorker()]);
        const ended = await engine.endOf(run, 40_000);
        expect(ended).toMatchObject({ errCode: 'INSTALL_FAILED', attempt: 2 });
        expect(ended.errDesc!.en).toMatch(/is back, and reports again/);
        expect(machine.connectionCount).toBe(before + 1);
        expect(await versionsOn(target)).toEqual([host.agentVersion]);
      },

      'whose agent does not report is undone when somebody stops it': async () => {
        const target = await aHostToUpgrade(true);
        const { engine, host } = target;
        const run = await engine.queue(host, 'UPGRADE');
        await engine.atStep(run, 'WAIT_AGENT');
        const stoppedAt = new Date();
        await engine.cancel(run.id);
        const ended = await engine.endOf(run, 40_000);
        expect([ended.errCode, ended.errDesc!.en]).toEqual([
          'FORCE_STOP',
          expect.stringMatching(/the agent of before runs again/),
        ]);
        expect(await versionsOn(target)).toEqual([host.agentVersion]);
        await eventually(async () => {
          const [row] = await engine.dataSource.query('SELECT reported_at FROM agents WHERE host_id = $1', [host.id]);
          return row.reported_at > stoppedAt;
        });
      },
    }),
  120_000,
);
