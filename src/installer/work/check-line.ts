import { Text } from '../../common/i18n/text.js';
import type { RunJournal } from '../run-journal.js';
import { CHECKS, type CheckName } from './checks.js';

/** What came of one check. */
export interface CheckLine {
  readonly name: CheckName;
  readonly outcome: 'pass' | 'fail' | 'skip';
  readonly evidence: Text;
}

const OUTCOMES = {
  pass: new Text('通过', 'pass'),
  fail: new Text('失败', 'fail'),
  skip: new Text('跳过', 'skip'),
} as const;

/** One line of the log: how the check ended, what was seen, and what to do when it failed. */
export function sayCheck(journal: RunJournal, { name, outcome, evidence }: CheckLine): void {
  const { label, remedy } = CHECKS[name];
  const how = OUTCOMES[outcome];
  const isFailed = outcome === 'fail';
  journal.say(
    new Text(
      `[${how.zh}] ${label.zh}：${evidence.zh}${isFailed ? `。建议：${remedy.zh}` : ''}`,
      `[${how.en}] ${label.en}: ${evidence.en}${isFailed ? `. Remedy: ${remedy.en}` : ''}`,
    ),
  );
}
