import type { DataSource } from 'typeorm';
import { aStepContext, FakeScript } from '../../../test/support/steps.js';
import type { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { Text } from '../../common/i18n/text.js';
import type { ProxiesService } from '../../proxies/proxies.service.js';
import { callFailed } from '../remote/script-failures.js';
import { RunFailure } from '../run.failures.js';
import { SettleHost } from './settle-host.js';

/** @param isReported the agent of this run has reported already */
function aSettling({ isReported = false } = {}) {
  const forgotten: number[] = [];
  const tokens = { withdraw: async () => !isReported } as Partial<AgentTokensService> as AgentTokensService;
  const proxies = { forget: async (_manager: unknown, hostId: number) => void forgotten.push(hostId) };
  const settling = new SettleHost(tokens, proxies as unknown as ProxiesService, { manager: {} } as DataSource);
  return { settling, forgotten };
}

const aScript = (state: string): FakeScript => {
  const script = new FakeScript().onCall('gone').onCall('keep');
  return script.onCall('settle', () => void script.facts.set('settled', state));
};

describe('SettleHost', () => {
  it('proves that nothing is left where there was no agent before', async () => {
    const context = aStepContext({}, { script: aScript('gone') });
    expect(await aSettling().settling.settle(context)).toMatchObject({
      isClean: true,
      text: { en: expect.stringMatching(/nothing of it is left/) },
    });
    expect(context.script.calls).toEqual(['settle', 'gone']);
    expect(Object.fromEntries(context.script.values)).toEqual({ run_id: '7', had_agent: 'no' });
    expect(context.hostCalls).toEqual(['script', 'stop']);
  });

  it('has the agent of before run again', async () => {
    const context = aStepContext({ isAgentInstalled: true }, { script: aScript('before') });
    const { text } = await aSettling().settling.settle(context);
    expect(text.en).toMatch(/agent of before runs again/);
    expect(context.script.calls).toEqual(['settle']);
    expect(context.script.values.get('had_agent')).toBe('yes');
  });

  it('keeps an agent that has reported, and sees that it runs: the token of the one before is dead', async () => {
    const context = aStepContext({ isAgentInstalled: true }, { script: aScript('stays') });
    const { text } = await aSettling({ isReported: true }).settling.settle(context);
    expect([context.script.calls, text.en]).toEqual([
      ['keep', 'settle'],
      expect.stringMatching(/has reported, and stays/),
    ]);
  });

  it('keeps none that has reported where there was none before', async () => {
    const context = aStepContext({}, { script: aScript('gone') });
    await aSettling({ isReported: true }).settling.settle(context);
    expect(context.script.calls).toEqual(['settle', 'gone']);
  });

  it('forgets a proxy of which nothing is left', async () => {
    const { settling, forgotten } = aSettling();
    await settling.settle(aStepContext({ nodeType: 'PROXY' }, { script: aScript('gone') }));
    expect(forgotten).toEqual([12]);
    await settling.settle(aStepContext({ nodeType: 'PROXY', isAgentInstalled: true }, { script: aScript('before') }));
    expect(forgotten).toEqual([12]);
  });

  it('tries a new session where the one before is lost, and no third', async () => {
    const lost = new RunFailure('UNEXPECTED_RETURN', new Text('断了', 'the session is lost'), { sshKind: 'lost' });
    let tries = 0;
    const script = new FakeScript().onCall('settle', () => {
      tries += 1;
      throw lost;
    });
    const context = aStepContext({}, { script });
    const host = Object.assign(context.host, { reroute: () => Promise.reject(lost) });
    expect(await aSettling().settling.settle({ ...context, host })).toMatchObject({
      isClean: false,
      text: { en: expect.stringMatching(/could not be cleaned up: the session is lost/) },
    });
    expect([tries, context.hostCalls]).toEqual([2, ['script', 'close', 'script']]);
  });

  it('says what the script says that it could not do, at once', async () => {
    const script = new FakeScript().onCall('settle', () => {
      throw callFailed('INSTALL_FAILED', 'cannot remove everything: Read-only file system', {});
    });
    const { text } = await aSettling().settling.settle(aStepContext({}, { script }));
    expect(text.en).toMatch(/could not be cleaned up: .*Read-only file system/);
  });

  it('leaves it to others when this worker is to let go', async () => {
    const leaving = AbortSignal.abort(new Error('hand-back'));
    const context = { ...aStepContext({}, { script: aScript('gone') }), signal: leaving };
    await expect(aSettling().settling.settle(context)).rejects.toThrow('hand-back');
  });
});
