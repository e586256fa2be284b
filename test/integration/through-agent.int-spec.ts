import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentCommand } from '../../src/agents/agent-command.entity.js';
import { AgentCommandKeys } from '../../src/agents/agent-command-keys.service.js';
import { Credential } from '../../src/hosts/credential.entity.js';
import { atOnce } from '../support/at-once.js';
import { Engine, type Target } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { aHost, anAgent } from '../support/factories.js';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start();
  await engine.startWorker();
}, 60_000);

afterAll(() => engine.close());

/** A host whose agent reports, and that nobody can log in to any more. */
async function aHostWithoutCredential(): Promise<Target> {
  const target = await engine.aTarget();
  expect(await engine.endOf(await engine.queue(target.host, 'INSTALL'))).toMatchObject({ errCode: 'SUCCESS' });
  await eventually(async () => (await engine.hostOf(target.host.id)).agentStatus === 'RUNNING');
  await engine.dataSource.manager.delete(Credential, { hostId: target.host.id });
  return target;
}

/** The same without a machine: it has reported, and does not any more. */
async function aSilentAgent() {
  const host = await aHost(engine.dataSource, { agentInstalled: true, agentStatus: 'RUNNING', agentVersion: '1.0.0' });
  await anAgent(engine.dataSource, host.id, { reportedAt: new Date() });
  return host;
}

async function aSilentAgentWithKey() {
  const host = await aSilentAgent();
  await engine.server.get(AgentCommandKeys, { strict: false }).forHost(host.id);
  return host;
}

const left = async ({ machine }: Target): Promise<string[]> => readdir(join(machine.root, 'opt')).catch(() => []);

it(
  'an uninstallation without a credential is done by the agent itself, or says why not',
  () =>
    atOnce({
      'is done by the agent itself, which tells how it ended, and nothing is left': async () => {
        const target = await aHostWithoutCredential();
        const { host, machine, fleet } = target;
        const logins = machine.connectionCount;
        const run = await engine.queue(host, 'UNINSTALL');
        const ended = await engine.endOf(run, 30_000);
        const log = await engine.logOf(run);
        expect([ended.errCode, log.join('\n')]).toEqual([
          'SUCCESS',
          expect.stringMatching(/What the agent told: exit code 0/),
        ]);
        expect(ended.finishedSteps).toEqual(['INIT', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'WAIT_AGENT']);
        expect(machine.connectionCount).toBe(logins);
        await eventually(async () => (await fleet.processes()).length === 0);
        expect(await left(target)).toEqual([]);
        expect(await engine.hostOf(host.id)).toMatchObject({ agentInstalled: false, agentStatus: 'TERMINATED' });
        const key = await engine.server.get(AgentCommandKeys, { strict: false }).find(host.id);
        expect(key).toBeNull();
      },

      'goes on with the same command when its worker is lost': async () => {
        const { host, fleet } = await aHostWithoutCredential();
        const run = await engine.queue(host, 'REMOVE');
        await engine.atStep(run, 'EXECUTE_SCRIPT');
        await eventually(() => engine.dataSource.manager.existsBy(AgentCommand, { runId: run.id }));
        await engine.dataSource.query(
          `UPDATE job_hosts SET lease_owner = 'somebody dead', lease_expires_at = now(), attempt = attempt + 1 WHERE id = $1`,
          [run.id],
        );
        expect(await engine.endOf(run, 30_000)).toMatchObject({ errCode: 'SUCCESS', attempt: 3, losses: 1 });
        expect((await engine.hostOf(host.id)).removedAt).not.toBeNull();
        await eventually(async () => (await fleet.processes()).length === 0);
      },

      'is refused at once where the agent was never given a key': async () => {
        const host = await aSilentAgent();
        const ended = await engine.endOf(await engine.queue(host, 'UNINSTALL'));
        expect(ended).toMatchObject({ status: 'FAILED', errCode: 'WAIT_AGENT_TIMEOUT' });
        expect(ended.errDesc!.en).toMatch(/version 1\.0\.0\) takes no commands/);
      },

      'says so when the agent does not report any more': async () => {
        const host = await aSilentAgentWithKey();
        const ended = await engine.endOf(await engine.queue(host, 'UNINSTALL'), 30_000);
        expect(ended).toMatchObject({ status: 'FAILED', errCode: 'WAIT_AGENT_TIMEOUT' });
        expect(ended.errDesc!.en).toMatch(/did not report within 11 s/);
      },

      'goes on without an agent that does not report any more when it is a removal': async () => {
        const host = await aSilentAgentWithKey();
        const removal = await engine.endOf(await engine.queue(host, 'REMOVE'), 30_000);
        expect(removal).toMatchObject({ status: 'SUCCESS' });
        expect((await engine.hostOf(host.id)).removedAt).not.toBeNull();
      },

      'goes out no more once it is stopped': async () => {
        const host = await aSilentAgentWithKey();
        const run = await engine.queue(host, 'UNINSTALL');
        await eventually(() => engine.dataSource.manager.existsBy(AgentCommand, { runId: run.id }));
        await engine.cancel(run.id);
        const ended = await engine.endOf(run);
        expect(ended).toMatchObject({ errCode: 'FORCE_STOP' });
        expect(ended.errDesc!.en).toMatch(/was not told yet to take itself off, and will not be/);
        const command = await engine.dataSource.manager.findOneByOrFail(AgentCommand, { runId: run.id });
        expect(command).toMatchObject({ takenAt: null, endedAt: expect.any(Date), exitCode: null });
      },
    }),
  120_000,
);
