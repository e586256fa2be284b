import { QueryFailedError, type DataSource } from 'typeorm';
import { aTestEnv } from '../../../test/support/env.js';
import { aClaimedRun, aStepContext, failureOf, FakeScript } from '../../../test/support/steps.js';
import type { AgentWatch } from '../../agents/agent-watch.js';
import type { CmdbService } from '../../cmdb/cmdb.service.js';
import { ComponentCallError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import type { UpgradeTrial } from '../work/upgrade-trial.js';
import { RegisterCmdbStep } from './register-cmdb.step.js';
import { AgentWords } from '../work/agent-words.js';
import { WaitAgentStep } from './wait-agent.step.js';

const dataSource = {
  transaction: async (work: (manager: string) => unknown) => work('manager'),
} as unknown as DataSource;
const aRegistration = (register: (...given: unknown[]) => Promise<void>) =>
  new RegisterCmdbStep({ register } as unknown as CmdbService, dataSource);

describe('REGISTER_CMDB', () => {
  it('tells the CMDB where the machine belongs', async () => {
    const given: unknown[] = [];
    const context = aStepContext();
    await aRegistration(async (...values) => void given.push(...values)).run(context);
    expect(given).toEqual(['manager', { businessId: 1, cloudId: 0, address: '198.18.0.1' }]);
    expect(context.lines).toEqual(['Registered with business 1']);
  });

  it('fails with the words of the CMDB', async () => {
    const step = aRegistration(() => Promise.reject(new ComponentCallError(new Text('不行', 'it will not do'))));
    expect(await failureOf(step, aStepContext())).toMatchObject({
      errCode: 'REGISTER_FAILED',
      message: expect.stringContaining('it will not do'),
    });
  });

  it('is no fault of the CMDB when our own database is away', async () => {
    const outage = new QueryFailedError('', [], Object.assign(new Error('gone'), { code: '57P01' }));
    const failure = await failureOf(
      aRegistration(() => Promise.reject(outage)),
      aStepContext(),
    );
    expect(failure).toBe(outage);
  });
});

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('WAIT_AGENT', () => {
  const env = aTestEnv({ waitAgentTimeoutSeconds: 60, heartbeatIntervalSeconds: 30 });
  const calls: unknown[][] = [];
  const watch = {
    confirmed: async (...given: unknown[]) => void calls.push(['confirmed', ...given]),
    silent: async (...given: unknown[]) => void calls.push(['silent', ...given]),
  } as unknown as AgentWatch;
  const trial = { timeoutMs: 282_000, decide: async (...given: unknown[]) => void calls.push(['decide', ...given]) };
  const step = new WaitAgentStep(watch, trial as Partial<UpgradeTrial> as UpgradeTrial, new AgentWords(), env);
  afterEach(() => (calls.length = 0));

  it('waits for the agent of this very run', async () => {
    const context = aStepContext();
    await step.run(context);
    expect(calls).toEqual([['confirmed', 12, 7, expect.any(AbortSignal)]]);
  });

  it('leaves an upgrade to its trial, with the time that this takes', async () => {
    const context = aStepContext({ opType: 'UPGRADE' });
    await step.run(context);
    expect(calls).toEqual([['decide', context]]);
    expect(step.timeoutMs(context.run)).toBe(282_000);
  });

  it('waits for silence after an uninstallation', async () => {
    await step.run(aStepContext({ opType: 'UNINSTALL' }));
    expect(calls).toEqual([['silent', 12, expect.any(Date), expect.anything()]]);
  });

  it('has time for an interval of silence, however long that is', () => {
    const slow = new WaitAgentStep(
      watch,
      trial as Partial<UpgradeTrial> as UpgradeTrial,
      new AgentWords(),
      aTestEnv({ waitAgentTimeoutSeconds: 5, heartbeatIntervalSeconds: 60 }),
    );
    expect(slow.timeoutMs(aClaimedRun())).toBe(5_000 + new AgentWords().timeoutMs);
    expect(slow.timeoutMs(aClaimedRun({ opType: 'UNINSTALL' }))).toBeGreaterThan(60_000 * 1.1 + 5_000);
  });

  describe('when no report comes', () => {
    const deaf = { confirmed: (_host: number, _run: number, limit: AbortSignal) => aborted(limit) };
    const short = new WaitAgentStep(
      deaf as Partial<AgentWatch> as AgentWatch,
      trial as Partial<UpgradeTrial> as UpgradeTrial,
      new AgentWords(),
      { ...env, waitAgentTimeoutSeconds: 0.01 } as typeof env,
    );

    it('reads the words of the agent on the host', async () => {
      const script = new FakeScript().onCall('words');
      script.words = ['no server takes the reports (10.0.0.1:80: UNAUTHORIZED)'];
      expect(await failureOf(short, aStepContext({}, { script }))).toMatchObject({
        errCode: 'WAIT_AGENT_TIMEOUT',
        clues: { evidence: { command: 'tail agent.log', output: script.words, isLogged: true } },
      });
    });

    it('says the same without them where the host does not tell', async () => {
      const script = new FakeScript().onCall('words', () => {
        throw new Error('no way in');
      });
      expect(await failureOf(short, aStepContext({}, { script }))).toMatchObject({
        ...{ errCode: 'WAIT_AGENT_TIMEOUT', clues: {} },
      });
    });
  });

  it('says which of the two did not happen', () => {
    expect(step.timedOut(aClaimedRun())).toMatchObject({
      errCode: 'WAIT_AGENT_TIMEOUT',
      message: expect.stringContaining('did not report within 60 s'),
    });
    expect(step.timedOut(aClaimedRun({ opType: 'REMOVE' }))).toMatchObject({
      errCode: 'WAIT_AGENT_TIMEOUT',
      message: expect.stringContaining('still reports'),
    });
  });
});
