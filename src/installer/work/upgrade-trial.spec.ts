import { aTestEnv } from '../../../test/support/env.js';
import { aStepContext, FakeScript } from '../../../test/support/steps.js';
import type { AgentTokensService } from '../../agents/agent-tokens.service.js';
import type { AgentWatch } from '../../agents/agent-watch.js';
import { callFailed } from '../remote/script-failures.js';
import type { RunFailure } from '../run.failures.js';
import { UpgradeTrial } from './upgrade-trial.js';

interface Story {
  /** The new agent reports in time. */
  reports?: boolean;
  /** It does just when its time is over. */
  reportsLate?: boolean;
  /** The old agent is heard of again. */
  oldReports?: boolean;
}

const inVain = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

function aTrial({ reports, reportsLate, oldReports }: Story): UpgradeTrial {
  const agents = {
    confirmed: (_hostId, _runId, signal) => (reports ? Promise.resolve('2.0.0') : inVain(signal)),
    reported: (_hostId, _since, signal) => (oldReports ? Promise.resolve('1.1.0') : inVain(signal)),
    look: async () => ({ version: '2.0.0', now: new Date(), confirmedRunId: 7, reportedAt: null, stoppedAt: null }),
  } as Partial<AgentWatch> as AgentWatch;
  const tokens = { withdraw: async () => !reportsLate } as Partial<AgentTokensService> as AgentTokensService;
  const trial = new UpgradeTrial(agents, tokens, aTestEnv({ waitAgentTimeoutSeconds: 2 }));
  // Nobody waits for seconds here.
  return Object.assign(trial, { waitMs: 20, hearMs: 20 });
}

const aScript = () => new FakeScript().onCall('keep').onCall('back');
const upgrade = { opType: 'UPGRADE', isAgentInstalled: true, agentVersion: '1.1.0' } as const;
const failureOf = (work: Promise<void>): Promise<RunFailure> =>
  work.then(
    () => Promise.reject(new Error('the upgrade did not fail')),
    (error: RunFailure) => error,
  );

describe('UpgradeTrial', () => {
  it('keeps the new version when its agent reports, and leaves the host', async () => {
    const context = aStepContext(upgrade, { script: aScript() });
    await aTrial({ reports: true }).decide(context);
    expect(context.script.calls).toEqual(['keep']);
    expect(context.script.values.get('run_id')).toBe('7');
    expect(context.hostCalls).toEqual(['script', 'stop', 'close']);
    expect(context.journal.outcome?.en).toBe('Upgraded from 1.1.0 to 2.0.0; the agent is up');
  });

  it('goes back when it does not, and says what became of the old version', async () => {
    for (const oldReports of [true, false]) {
      const context = aStepContext(upgrade, { script: aScript() });
      const failure = await failureOf(aTrial({ oldReports }).decide(context));
      expect(context.script.calls).toEqual(['back']);
      const end = oldReports ? 'and reports again' : 'and has not reported yet';
      expect(failure).toMatchObject({
        errCode: 'INSTALL_FAILED',
        message: expect.stringMatching(`The old version 1.1.0 is back, ${end}$`),
      });
    }
  });

  it('says that there was none to go back to', async () => {
    const context = aStepContext({ ...upgrade, isAgentInstalled: false }, { script: aScript() });
    const failure = await failureOf(aTrial({ oldReports: true }).decide(context));
    expect(failure.message).toMatch(/taken off again, since there was no agent before$/);
  });

  it('keeps one that reported at the last moment: the token of the old one is dead', async () => {
    const context = aStepContext(upgrade, { script: aScript() });
    await aTrial({ reportsLate: true }).decide(context);
    expect(context.script.calls).toEqual(['keep']);
  });

  it('says why it could not go back, and that the host will by itself', async () => {
    const script = new FakeScript().onCall('back', () => {
      throw callFailed('INSTALL_FAILED', 'no space left on /opt', {});
    });
    const failure = await failureOf(aTrial({}).decide(aStepContext(upgrade, { script })));
    expect(failure).toMatchObject({
      errCode: 'INSTALL_FAILED',
      message: expect.stringMatching(/going back to the old version failed: .*no space left.*goes back by itself/),
    });
  });

  it('goes back at once from a version that does not run, unless that has reported', async () => {
    const broken = callFailed('INSTALL_FAILED', 'not running', {});
    const context = aStepContext(upgrade, { script: aScript() });
    const failure = await failureOf(aTrial({ oldReports: true }).abandon(context, broken));
    expect(failure.message).toMatch(/not running\. The old version 1\.1\.0 is back, and reports again$/);
    expect(context.script.calls).toEqual(['back']);
    const late = aStepContext(upgrade, { script: aScript() });
    const refused = await failureOf(aTrial({ reportsLate: true }).abandon(late, broken));
    expect([late.script.calls, refused.message]).toEqual([[], expect.stringMatching(/not running\. .*had reported/)]);
  });

  it('decides nothing when the run is to stop', async () => {
    const stopping = new AbortController();
    const context = { ...aStepContext(upgrade, { script: aScript() }), signal: stopping.signal };
    const decided = aTrial({}).decide(context);
    stopping.abort(new Error('stopped'));
    await expect(decided).rejects.toThrow('stopped');
    expect(context.script.calls).toEqual([]);
  });

  it('has time for all of it', () => {
    const trial = new UpgradeTrial(
      {} as AgentWatch,
      {} as AgentTokensService,
      aTestEnv({ waitAgentTimeoutSeconds: 60 }),
    );
    expect(trial.timeoutMs).toBeGreaterThan(60_000 + 180_000);
  });
});
