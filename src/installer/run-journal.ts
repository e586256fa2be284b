import type { Text } from '../common/i18n/text.js';
import { Redactor } from '../common/redact/redactor.js';
import type { Step } from '../common/vocabulary/steps.js';
import type { RunLogWriter } from '../logs/run-log-writer.js';
import type { RunRef } from '../tasks/run-claims.js';

/** The log of one run as those who work on it see it: each line goes to the step that the run stands at. */
export class RunJournal {
  /** Knows the secrets of this run. */
  readonly redactor = new Redactor();
  step: Step = 'INIT';
  /** What is to be its last line when the run ends well; null: what is always said. */
  outcome: Text | null = null;

  constructor(
    private readonly writer: RunLogWriter,
    private readonly run: RunRef,
  ) {}

  /** A sentence of ours. */
  say(text: Text): void {
    this.writer.write(this.run, this.step, text);
  }

  /** A line of the host's, masked already. */
  quote(line: string): void {
    this.writer.write(this.run, this.step, line);
  }
}
