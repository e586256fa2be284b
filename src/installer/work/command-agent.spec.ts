import { jest } from '@jest/globals';
import { aTestEnv } from '../../../test/support/env.js';
import { aStepContext } from '../../../test/support/steps.js';
import type { AgentCommands, CommandResult } from '../../agents/agent-commands.service.js';
import type { AgentWatch } from '../../agents/agent-watch.js';
import { LoginFailure, type RunFailure } from '../run.failures.js';
import { CommandAgent } from './command-agent.js';

const SECONDS = 1_000;

/** Resolves after some time; in vain when the signal comes first. */
function after<T>(ms: number, value: T, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    setTimeout(() => resolve(value), ms);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

interface Agent {
  hasKey?: boolean;
  takesAfter?: number;
  endsAfter?: number;
  result?: CommandResult;
  silentAfter?: number;
}

const NEVER = 10 ** 9;
const DONE = { exitCode: 0, output: 'uninstall done' };

function run(agent: Agent) {
  const commands = {
    issue: async () => agent.hasKey ?? true,
    taken: (_run, signal) => after(agent.takesAfter ?? 0, new Date(), signal),
    ended: (_run, signal) => after(agent.endsAfter ?? NEVER, agent.result ?? DONE, signal),
  } as Partial<AgentCommands> as AgentCommands;
  const agents = {
    silent: (_hostId, _since, signal) => after(agent.silentAfter ?? NEVER, undefined, signal),
  } as Partial<AgentWatch> as AgentWatch;
  const work = new CommandAgent(commands, agents, aTestEnv({ heartbeatIntervalSeconds: 30 }));
  const context = aStepContext({ opType: 'UNINSTALL', isThroughAgent: true, agentVersion: '1.0.0' });
  const outcome = work.uninstall(context).then(
    () => null,
    (error: RunFailure) => error,
  );
  return { outcome, lines: context.lines, timeoutMs: work.timeoutMs };
}

describe('CommandAgent', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance'] }));
  afterEach(() => jest.useRealTimers());

  it('has the agent take itself off, and says each step of it', async () => {
    const { outcome, lines, timeoutMs } = run({ takesAfter: 30 * SECONDS, endsAfter: 5 * SECONDS });
    await jest.advanceTimersByTimeAsync(40 * SECONDS);
    expect(await outcome).toBeNull();
    expect(lines).toEqual([
      expect.stringMatching(/next report \(one every 30 s\)/),
      expect.stringMatching(/has gone out/),
      'The agent says that it is uninstalled (uninstall done)',
    ]);
    expect(timeoutMs).toBe(135 * SECONDS);
  });

  it('takes a last word that comes after a goodbye', async () => {
    const { outcome } = run({ silentAfter: 1 * SECONDS, endsAfter: 8 * SECONDS });
    await jest.advanceTimersByTimeAsync(20 * SECONDS);
    expect(await outcome).toBeNull();
  });

  it.each<[string, Agent, string, RegExp, boolean]>([
    ['never had a key', { hasKey: false }, 'WAIT_AGENT_TIMEOUT', /version 1\.0\.0\) takes no commands/, true],
    ['does not report', { takesAfter: NEVER }, 'WAIT_AGENT_TIMEOUT', /did not report within 46 s/, true],
    ['does not take it', {}, 'WAIT_AGENT_TIMEOUT', /after 89 s the agent \(version 1\.0\.0\) still reports/, true],
    ['is not heard of again', { silentAfter: 40 * SECONDS }, 'UNEXPECTED_RETURN', /fell silent without saying/, true],
    [
      'fails',
      { endsAfter: 1, result: { exitCode: 1, output: 'cannot remove /opt' } },
      'INSTALL_FAILED',
      /\(exit code 1\): cannot remove \/opt/,
      false,
    ],
  ])('says so when the agent %s', async (_what, agent, errCode, why, isOutOfReach) => {
    const { outcome } = run(agent);
    await jest.advanceTimersByTimeAsync(140 * SECONDS);
    const failure = await outcome;
    expect(failure).toMatchObject({ errCode, message: expect.stringMatching(why) });
    // A removal goes on without it.
    expect(failure instanceof LoginFailure).toBe(isOutOfReach);
  });
});
