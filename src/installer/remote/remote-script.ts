import { randomBytes } from 'node:crypto';
import type { RemoteProcess, SshSession } from '../../ssh/ssh-session.js';
import type { Evidence, FailureClues, RunFailure } from '../run.failures.js';
import { AnswerQueue } from './answer-queue.js';
import type { Elevation } from './elevation.js';
import { OutputTail } from './output-tail.js';
import { callFailed, callKilled, diedEarly, endedEarly, neverReady } from './script-failures.js';
import { type Marker, markerPrefix, parseMarker, type SeenCheck } from './script-markers.js';
import type { ScriptText } from './script-source.js';
import { sessionFailureOf } from './ssh-failures.js';

const READY_WITHIN_MS = 30_000;

/** The calls that the script knows. @see agent/README.md, "Calls" */
export type ScriptCall =
  | 'facts'
  | 'check'
  | 'deps'
  | 'deps_proxy'
  | 'download'
  | 'install'
  | 'verify'
  | 'words'
  | 'keep'
  | 'back'
  | 'proxy'
  | 'trust'
  | 'settle'
  | 'uninstall'
  | 'gone';

type Answer = Exclude<Marker, { kind: 'fact' | 'check' | 'ran' | 'fail' }>;

/** What we need to talk to a host's script. */
export interface ScriptOptions {
  text: ScriptText;
  elevation: Elevation;
  /** Makes a line of the host's fit to be stored: without our secrets. */
  mask: (line: string) => string;
  /** Gets every line that is no marker, masked. */
  onText: (line: string) => void;
  signal: AbortSignal;
}

/**
 * The controller's end of the remote script protocol: one channel, on which the script takes values and calls, and
 * answers with markers that only it can make. Everything else that comes is text.
 * @see agent/README.md
 */
export class RemoteScript {
  readonly facts = new Map<string, string>();
  /** What the call `check` found, in its order; masked. */
  readonly checks: SeenCheck[] = [];
  /** The process group of the script and all that it started. */
  group: number | null = null;
  private readonly nonce = randomBytes(16).toString('hex');
  private readonly channel = new AbortController();
  private readonly answers = new AnswerQueue<Answer>();
  private readonly tail: OutputTail;
  private readonly calledOnce = new Set<ScriptCall>();
  private failure: Extract<Marker, { kind: 'fail' }> | null = null;
  /** The last command that the call said to have failed. */
  private ran: Extract<Marker, { kind: 'ran' }> | null = null;
  private process!: RemoteProcess;

  private constructor(private readonly options: ScriptOptions) {
    this.tail = new OutputTail(options.mask);
  }

  /**
   * Sends the script over and waits until it listens.
   * @throws RunFailure when it does not; the signal's reason when that aborts
   */
  static async start(session: SshSession, options: ScriptOptions): Promise<RemoteScript> {
    const script = new RemoteScript(options);
    await script.begin(session);
    return script;
  }

  /** @param value one line; a secret may go this way */
  set(name: string, value: string): void {
    if (/[\r\n]/.test(value)) throw new Error(`The value ${name} has more than one line`);
    this.write(`set ${name} ${value}`);
  }

  /**
   * Runs calls one after the other.
   * @throws RunFailure with the script's own code and words, or ours when it ended without any; the signal's reason
   *   when that aborts: what was called goes on until `stop`
   */
  async call(signal: AbortSignal, ...calls: ScriptCall[]): Promise<void> {
    this.forget();
    this.write(`call ${calls.join(' ')}`);
    for (const call of calls) {
      const answer = await this.next(signal);
      if (answer.kind !== 'done' || answer.call !== call) throw endedEarly(`${answer.kind} instead of done ${call}`);
      if (answer.code !== 0) throw this.failureOf(call, answer.code);
      this.calledOnce.add(call);
    }
  }

  /** The last lines of what the last call printed, at most 20, masked. */
  lastWords(): string[] {
    return this.tail.lines();
  }

  /** As `call`, unless that call was done in this session before. */
  async ensure(signal: AbortSignal, call: ScriptCall): Promise<void> {
    if (!this.calledOnce.has(call)) await this.call(signal, call);
  }

  /**
   * Ends the script and all that it started.
   * @returns whether it answered, in this time, that nothing of it is alive
   */
  async stop(withinMs: number): Promise<boolean> {
    const patience = AbortSignal.timeout(withinMs);
    try {
      this.process.write('stop');
      for (;;) {
        const answer = await this.answers.next(patience);
        if (answer.kind === 'stopped') return true;
        if (answer.kind === 'alive') return false;
      }
    } catch {
      return false;
    } finally {
      this.channel.abort();
    }
  }

  private async begin(session: SshSession): Promise<void> {
    const { elevation, text, signal } = this.options;
    const command = elevation.command(text.bootstrap.replaceAll('@NONCE@', this.nonce));
    const onAbort = (): void => this.channel.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      this.process = await session.open(command, {
        onLine: (line) => this.read(line),
        signal: this.channel.signal,
        alwaysPrefix: markerPrefix(this.nonce),
      });
      this.watchEnd();
      this.process.write(`${elevation.preamble}BEGIN ${this.nonce}\n${text.script}END ${this.nonce}`);
      await this.becomeReady(signal);
    } catch (error) {
      throw sessionFailureOf(error);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private async becomeReady(signal: AbortSignal): Promise<void> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(neverReady(READY_WITHIN_MS, this.clues())), READY_WITHIN_MS);
    try {
      const answer = await this.next(AbortSignal.any([signal, patience.signal]));
      if (answer.kind !== 'ready') throw endedEarly(`${answer.kind} instead of ready`);
      this.group = answer.group;
    } finally {
      clearTimeout(timer);
    }
  }

  private async next(signal: AbortSignal): Promise<Answer> {
    try {
      return await this.answers.next(signal);
    } catch (error) {
      throw sessionFailureOf(error, this.clues());
    }
  }

  private write(line: string): void {
    try {
      this.process.write(line);
    } catch (error) {
      throw sessionFailureOf(error);
    }
  }

  private read(line: string): void {
    const marker = parseMarker(line, this.nonce);
    if (marker === null) {
      this.tail.add(line);
      this.options.onText(this.options.mask(line));
    } else if (marker.kind === 'fact') {
      this.facts.set(marker.key, marker.value);
    } else if (marker.kind === 'check') {
      const { name, outcome, evidence } = marker;
      this.checks.push({ name, outcome, evidence: this.options.mask(evidence), seenAt: new Date() });
    } else if (marker.kind === 'ran') {
      this.ran = marker;
    } else if (marker.kind === 'fail') {
      this.failure = marker;
    } else {
      this.answers.push(marker);
    }
  }

  /** What was said so far is not about the next call. */
  private forget(): void {
    this.failure = null;
    this.ran = null;
    this.checks.length = 0;
    this.tail.clear();
  }

  private watchEnd(): void {
    this.process.closed.then(
      ({ code, signal }) => this.answers.close(diedEarly(code, signal, this.clues(code))),
      (error: unknown) => this.answers.close(error),
    );
  }

  private failureOf(call: ScriptCall, code: number): RunFailure {
    const { failure } = this;
    if (failure === null) return callKilled(call, code, this.clues(code));
    return callFailed(failure.errCode, this.options.mask(failure.sentence), this.clues());
  }

  /** @param exitCode of the script itself, where no command of its own is to blame */
  private clues(exitCode: number | null = null): FailureClues {
    const { ran, facts } = this;
    const evidence: Evidence = {
      command: ran === null ? null : this.options.mask(ran.command),
      exitCode: ran === null ? exitCode : ran.code,
      output: this.tail.lines(),
      isLogged: true,
    };
    return { evidence, facts: new Map(facts) };
  }
}
