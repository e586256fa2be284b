import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import { Env } from '../../env/env.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import type { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { sayLoginChecks } from '../work/login-checks.js';
import { stepTimedOut } from './step-failures.js';

/** How many logins a busy host may cost, and what becoming root and starting the script may take on top. */
const LOGINS = 3;
const REST_MS = 75_000;
/** Behind proxies another way may have to be found first. */
const TIMES_BEHIND_PROXIES = 2;

/** Logs in, becomes root and starts the script, which tells what host it is on. */
@Injectable()
export class SshLoginStep implements InstallStep {
  readonly name = 'SSH_LOGIN';

  constructor(private readonly env: Env) {}

  timeoutMs({ nodeType }: ClaimedRun): number {
    const loginMs = (this.env.sshConnectTimeoutSeconds + this.env.sshLoginTimeoutSeconds) * 1000;
    return (LOGINS * loginMs + REST_MS) * (nodeType === 'PAGENT' ? TIMES_BEHIND_PROXIES : 1);
  }

  timedOut(run: ClaimedRun): RunFailure {
    return stepTimedOut('SSH_LOGIN_TIMEOUT', this.name, this.timeoutMs(run));
  }

  async run({ run, host, journal, signal }: StepContext): Promise<void> {
    const script = await host.script(signal);
    await script.call(signal, 'facts');
    const facts = [...script.facts].map(([key, value]) => `${key}=${value}`).join(' ');
    const shown = journal.redactor.mask(facts);
    journal.say(new Text(`主机信息：${shown}`, `The host: ${shown}`));
    if (run.opType === 'PRECHECK') sayLoginChecks(journal, run, null);
  }
}
