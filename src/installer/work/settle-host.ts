import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AgentTokensService } from '../../agents/agent-tokens.service.js';
import { ProxiesService } from '../../proxies/proxies.service.js';
import { persistently } from '../persistence.js';
import type { RemoteScript } from '../remote/remote-script.js';
import type { StepContext } from '../step.js';
import { type HostState, notSettled, type Settled, SETTLED, settling } from './settle-texts.js';
import { inTwoSessions } from './two-sessions.js';

const WITHIN_MS = 20_000;

/** Undoes on a host what a cancelled installation did: nothing is left there, or the agent of before runs again. */
@Injectable()
export class SettleHost {
  constructor(
    private readonly tokens: AgentTokensService,
    private readonly proxies: ProxiesService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /**
   * Takes 20 s at most.
   * @throws the reason of `context.signal` when that aborts, and nothing else
   */
  async settle(context: StepContext): Promise<Settled> {
    const patience = AbortSignal.timeout(WITHIN_MS);
    const signal = AbortSignal.any([context.signal, patience]);
    context.journal.say(settling());
    try {
      const within = { ...context, signal };
      const state = await inTwoSessions(within, (script) => this.undo(within, script));
      return { isClean: true, text: SETTLED[state] };
    } catch (error) {
      context.signal.throwIfAborted();
      return { isClean: false, text: notSettled(error, patience.aborted ? WITHIN_MS : null) };
    }
  }

  private async undo({ run, host, signal }: StepContext, script: RemoteScript): Promise<HostState> {
    script.set('had_agent', run.isAgentInstalled ? 'yes' : 'no');
    // From here on the token of this run is dead, or the one of before is: then the agent of before is of no use.
    const isUndoable = await persistently(() => this.tokens.withdraw(run.hostId, run.id), signal);
    if (run.isAgentInstalled && !isUndoable) await script.call(signal, 'keep');
    // What is kept may have been ended together with the script that started it: this makes it run.
    const state = await settle(script, signal);
    if (state === 'gone' && run.nodeType === 'PROXY') {
      await persistently(() => this.proxies.forget(this.dataSource.manager, run.hostId), signal);
    }
    await host.stop();
    return state;
  }
}

async function settle(script: RemoteScript, signal: AbortSignal): Promise<HostState> {
  await script.call(signal, 'settle');
  const state = script.facts.get('settled') ?? '';
  if (!Object.hasOwn(SETTLED, state)) throw new Error(`the script does not say what became of the host (${state})`);
  if (state === 'gone') await script.call(signal, 'gone');
  return state as HostState;
}
