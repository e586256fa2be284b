import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import type { Evidence } from '../run.failures.js';
import type { StepContext } from '../step.js';
import { within } from './within.js';

/** What logging in again and reading a few lines may take. */
const LOOK_MS = 30_000;

/** What a host's agent wrote into its own log: the only one who knows why it is not heard. */
@Injectable()
export class AgentWords {
  readonly timeoutMs = LOOK_MS;

  /** Undefined where the host does not tell: then there is just no evidence. @throws the signal's reason when that aborts */
  async read({ host, journal, signal }: StepContext): Promise<Evidence | undefined> {
    journal.say(
      new Text('没有收到上报，读取主机上 Agent 的日志', "No report came; reading the agent's log on the host"),
    );
    const output = await within(LOOK_MS, signal, async (limit) => {
      const script = await host.script(limit);
      await script.call(limit, 'words');
      return script.lastWords();
    }).catch(() => null);
    signal.throwIfAborted();
    return output === null ? undefined : { command: 'tail agent.log', exitCode: null, output, isLogged: true };
  }
}
