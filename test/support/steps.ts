import { Text } from '../../src/common/i18n/text.js';
import { Redactor } from '../../src/common/redact/redactor.js';
import type { RemoteHost, StopProof } from '../../src/installer/remote/remote-host.js';
import type { RemoteScript, ScriptCall } from '../../src/installer/remote/remote-script.js';
import type { RunJournal } from '../../src/installer/run-journal.js';
import type { InstallStep, StepContext } from '../../src/installer/step.js';
import type { ClaimedRun } from '../../src/tasks/run-claims.js';

/** A claimed run, valid by default. */
export function aClaimedRun(overrides: Partial<ClaimedRun> = {}): ClaimedRun {
  return {
    ...{ id: 7, attempt: 1, jobId: 3, businessId: 1, hostId: 12, cloudId: 0, losses: 0, msLeft: 180_000 },
    ...{ opType: 'INSTALL', nodeType: 'AGENT', osType: 'LINUX', innerIp: '198.18.0.1', port: 22, account: 'root' },
    ...{ authType: 'PASSWORD', agentName: 'nodeman-agent', finishedSteps: [] },
    ...{
      outerIp: null,
      hasCygwin: false,
      packageVersion: null,
      isCandidate: false,
      isAgentInstalled: false,
      isThroughAgent: false,
    },
    ...{ agentVersion: '', cancelledBy: null },
    ...overrides,
  };
}

/** A script on a host in a test's hands: calls that nobody programmed fail the test. */
export class FakeScript {
  readonly facts = new Map<string, string>();
  readonly values = new Map<string, string>();
  readonly calls: ScriptCall[] = [];
  /** What the last call printed. */
  words: string[] = [];
  private readonly answers = new Map<ScriptCall, () => void>();

  /** @param answer may throw what the call fails with */
  onCall(call: ScriptCall, answer: () => void = () => undefined): this {
    this.answers.set(call, answer);
    return this;
  }

  set(name: string, value: string): void {
    this.values.set(name, value);
  }

  async call(signal: AbortSignal, ...calls: ScriptCall[]): Promise<void> {
    signal.throwIfAborted();
    for (const call of calls) {
      const answer = this.answers.get(call);
      if (!answer) throw new Error(`Nobody programmed the call ${call}`);
      this.calls.push(call);
      answer();
    }
  }

  lastWords(): string[] {
    return this.words;
  }

  async ensure(signal: AbortSignal, call: ScriptCall): Promise<void> {
    if (!this.calls.includes(call)) await this.call(signal, call);
  }
}

export interface StepWorld extends StepContext {
  script: FakeScript;
  /** English lines of the log, in order. */
  lines: string[];
  /** What was done to the host as a whole: `script`, `stop`, `close`. */
  hostCalls: string[];
}

/** What a step gets, with a fake host behind it. */
export function aStepContext(
  run: Partial<ClaimedRun> = {},
  { script = new FakeScript(), proof = 'gone' }: { script?: FakeScript; proof?: StopProof } = {},
): StepWorld {
  const lines: string[] = [];
  const hostCalls: string[] = [];
  const host = {
    script: async () => (hostCalls.push('script'), script as unknown as RemoteScript),
    stop: async () => (hostCalls.push('stop'), proof),
    close: async () => void hostCalls.push('close'),
    reroute: (error: unknown) => Promise.reject(error as Error),
  } as Partial<RemoteHost> as RemoteHost;
  const journal = {
    redactor: new Redactor(),
    step: 'INIT',
    say: (text: Text) => void lines.push(text.en),
    quote: (line: string) => void lines.push(line),
  } as Partial<RunJournal> as RunJournal;
  const { signal } = new AbortController();
  return { run: aClaimedRun(run), host, journal, signal, script, lines, hostCalls };
}

/** What a step fails with; a test error when it does not. */
export async function failureOf(
  step: InstallStep,
  context: StepContext,
): Promise<{ errCode?: string; message: string }> {
  return step.run(context).then(
    () => Promise.reject(new Error('the step did not fail')),
    (error: Error) => error,
  );
}
