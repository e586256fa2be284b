import { Injectable, Logger } from '@nestjs/common';
import { Text } from '../common/i18n/text.js';
import { type Step, stepText } from '../common/vocabulary/steps.js';
import { RunLogWriter } from '../logs/run-log-writer.js';
import { RunTransitions } from '../tasks/run-transitions.js';
import { stepSeconds } from './installer.metrics.js';
import { persistently } from './persistence.js';
import { pipelineOf } from './pipelines.js';
import { RemoteHosts } from './remote/remote-host.js';
import { RunEndings } from './run-endings.js';
import type { RunHold } from './run-hold.js';
import type { RunInProgress } from './run-in-progress.js';
import { RunJournal } from './run-journal.js';
import { LoginFailure, RunLostError } from './run.failures.js';
import type { InstallStep, StepContext } from './step.js';
import { StepRegistry } from './step-registry.js';

/** Walks a run through its pipeline, from the first step that is not finished, to an end. */
@Injectable()
export class InstallRunner {
  private readonly logger = new Logger(InstallRunner.name);

  constructor(
    private readonly steps: StepRegistry,
    private readonly transitions: RunTransitions,
    private readonly hosts: RemoteHosts,
    private readonly logs: RunLogWriter,
    private readonly endings: RunEndings,
  ) {}

  /** Never throws: whatever happens is the run's end, or leaves it to whoever holds it next. */
  async run(hold: RunHold): Promise<void> {
    const journal = new RunJournal(this.logs, hold.run);
    const host = this.hosts.of(hold.run, journal);
    const work: RunInProgress = { hold, journal, host };
    try {
      await this.walk(work);
      await this.endings.succeed(work);
    } catch (error) {
      await this.endings.stopAt(work, error);
    } finally {
      await host.close();
    }
  }

  private async walk(work: RunInProgress): Promise<void> {
    const { run } = work.hold;
    const { steps, sparesUnreachable } = pipelineOf(run);
    const left = steps.filter((step) => !run.finishedSteps.includes(step));
    const [first] = left;
    if (first === undefined) return;
    work.journal.step = first;
    await this.persist(work, () => this.transitions.startStep(run, first));
    if (run.attempt > 1) this.sayResumed(work, first);
    for (const [index, name] of left.entries()) {
      try {
        await this.take(work, this.steps.get(name));
      } catch (error) {
        if (sparesUnreachable && error instanceof LoginFailure) return sayLeftBehind(work, error);
        throw error;
      }
      await this.persist(work, () => this.transitions.finishStep(run, name, left[index + 1] ?? null));
    }
  }

  private async take(work: RunInProgress, step: InstallStep): Promise<void> {
    const { hold, journal, host } = work;
    journal.step = step.name;
    journal.say(stepText(step.name));
    this.logger.debug(`run ${hold.run.id} at ${step.name}`);
    const time = new AbortController();
    const timer = setTimeout(() => time.abort(step.timedOut(hold.run)), step.timeoutMs(hold.run));
    const signal = AbortSignal.any([hold.signal, time.signal]);
    const observe = stepSeconds.startTimer({ step: step.name });
    let outcome = 'failed';
    try {
      signal.throwIfAborted();
      // An outage of the database in the middle of a step is no reason to fail it: it bears being done again.
      await persistently(() => runBySomeWay(step, { run: hold.run, host, journal, signal }), signal);
      outcome = 'done';
    } catch (error) {
      // Whatever an aborted call threw, what it was aborted for is the reason.
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
      observe({ outcome });
    }
  }

  /** @throws RunLostError when the run is not ours any more */
  private async persist({ hold }: RunInProgress, change: () => Promise<boolean>): Promise<void> {
    hold.signal.throwIfAborted();
    if (!(await persistently(change, hold.signal))) throw new RunLostError();
  }

  private sayResumed({ hold, journal }: RunInProgress, step: Step): void {
    journal.say(
      new Text(
        `第 ${hold.run.attempt} 次接手，从步骤 ${step} 继续`,
        `Taken over (attempt ${hold.run.attempt}), going on at step ${step}`,
      ),
    );
  }
}

/** A step whose way to the host fails is done again by another, for as long as there is one and the step has time. */
async function runBySomeWay(step: InstallStep, context: StepContext): Promise<void> {
  for (;;) {
    try {
      return await step.run(context);
    } catch (error) {
      context.signal.throwIfAborted();
      await context.host.reroute(error, context.signal);
    }
  }
}

function sayLeftBehind({ journal }: RunInProgress, failure: LoginFailure): void {
  journal.say(
    new Text(
      `无法在主机上卸载 Agent（${failure.errCode}）：${failure.text.zh}`,
      `The agent cannot be taken off the host (${failure.errCode}): ${failure.text.en}`,
    ),
  );
  journal.say(
    new Text(
      '仍将其移出管理；如果主机上装有 Agent，其文件和进程会留在主机上，上报将被拒绝',
      'It is removed all the same. If an agent is installed there, its files and processes stay; its reports will be refused',
    ),
  );
}
