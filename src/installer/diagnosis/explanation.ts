import { Text } from '../../common/i18n/text.js';
import type { Step } from '../../common/vocabulary/steps.js';
import { evidenceOf } from '../../ssh/evidence.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { filledIn, type Placeholders, type RunFailureRecord } from '../../tasks/run-failure-record.js';
import type { Evidence, RunFailure } from '../run.failures.js';
import { diagnose } from './diagnosis.js';

/** Of the whole sentence; leaves room for what is said after it about the processes on the host. */
const LONGEST = 1_700;
const LONGEST_HAPPENED = 900;
const LONGEST_COMMAND = 200;
const LONGEST_RECORD = 1_000;
const CUT = '…';

/** A failure told whole. */
export interface Explanation {
  /** What happened, the evidence, the cause, what to do: one line. */
  readonly text: Text;
  /** The same in parts. */
  readonly record: RunFailureRecord;
  /** Lines of output that belong into the log before it, since they do not stand there yet. */
  readonly quotes: readonly string[];
}

/** What the remedies of the rules may name of a run. */
type RunPlace = Pick<ClaimedRun, 'businessId' | 'hostId' | 'account' | 'innerIp' | 'port'>;

/**
 * Tells a failure with its cause and what to do about it.
 * @param mask takes secrets out of a line
 */
export function explain(failure: RunFailure, step: Step, run: RunPlace, mask: (line: string) => string): Explanation {
  const { errCode, text, clues } = failure;
  const happened = new Text(shortened(mask(text.zh), LONGEST_HAPPENED), shortened(mask(text.en), LONGEST_HAPPENED));
  const evidence = clues.evidence && masked(clues.evidence, mask);
  const { id, cause, remedy } =
    clues.diagnosis ?? diagnose({ ...clues, step, errCode, happened: mask(text.en), evidence });
  const news = evidence && withoutRepeats(evidence, happened.en);
  return {
    text: sentence(happened, news, cause, filledIn(remedy, placeholdersOf(run))),
    record: {
      id,
      cause: { ...cause },
      happened: { zh: happened.zh, en: happened.en },
      evidence: evidence ? shortened(recorded(evidence), LONGEST_RECORD) : '',
      remedy: { ...remedy },
    },
    quotes: evidence && !evidence.isLogged ? evidence.output : [],
  };
}

function sentence(happened: Text, evidence: Evidence | undefined, cause: Text, remedy: Text): Text {
  const zh = `原因：${cause.zh}。建议：${remedy.zh}`;
  const en = `Cause: ${cause.en}. What to do: ${remedy.en}`;
  const roomZh = LONGEST - happened.zh.length - zh.length;
  const roomEn = LONGEST - happened.en.length - en.length;
  const seenZh = evidence && told(evidence, ['证据：', '命令 ', '退出码 ', '输出：', '，'], roomZh);
  const seenEn = evidence && told(evidence, ['Evidence: ', 'command ', 'exit code ', 'output: ', ', '], roomEn);
  return new Text(
    [happened.zh, seenZh, zh].filter(Boolean).join('。'),
    [happened.en, seenEn, en].filter(Boolean).join('. '),
  );
}

type Labels = [evidence: string, command: string, exitCode: string, output: string, comma: string];

/** @returns nothing when there is none, or no room for it */
function told({ command, exitCode, output }: Evidence, labels: Labels, room: number): string {
  const [label, commandLabel, codeLabel, outputLabel, comma] = labels;
  const parts: string[] = [];
  if (command !== null) parts.push(commandLabel + shortened(command, LONGEST_COMMAND));
  if (exitCode !== null) parts.push(`${codeLabel}${exitCode}`);
  const roomLeft = room - label.length - parts.join(comma).length - outputLabel.length - 10;
  const lines = lastThatFit(output, roomLeft);
  if (lines) parts.push(outputLabel + lines);
  const said = parts.length > 0 ? label + withoutStop(parts.join(comma)) : '';
  return said.length + 4 > room ? '' : said;
}

function recorded({ command, exitCode, output }: Evidence): string {
  const code = exitCode === null ? '' : `exit code ${exitCode}`;
  const what = command === null ? code : `${shortened(command, LONGEST_COMMAND)}${code && ` (${code})`}`;
  return [what, lastThatFit(output, LONGEST_RECORD)].filter(Boolean).join(': ');
}

/** The end of the output tells most. */
function lastThatFit(lines: readonly string[], room: number): string {
  const kept: string[] = [];
  let left = room;
  for (const line of [...lines].reverse()) {
    if (line.length + 3 > left) break;
    kept.unshift(line);
    left -= line.length + 3;
  }
  if (kept.length > 0 || lines.length === 0 || room < 40) return kept.join(' | ');
  return shortened(lines.at(-1)!, room - 1);
}

function masked(evidence: Evidence, mask: (line: string) => string): Evidence {
  const command = evidence.command === null ? null : evidenceOf(mask(evidence.command));
  const output = evidence.output.map((line) => evidenceOf(mask(line), [], 500)).filter((line) => line !== '');
  return { ...evidence, command, output: output.slice(-20) };
}

/** Without the lines that say what was said. */
function withoutRepeats(evidence: Evidence, happened: string): Evidence {
  const said = happened.replace(/^[^:]*: /, '');
  const output = evidence.output.filter((line) => !happened.includes(line) && !(said && line.endsWith(said)));
  return { ...evidence, output };
}

function placeholdersOf({ businessId, hostId, account, innerIp, port }: RunPlace): Placeholders {
  return { bk_biz_id: businessId, host_id: hostId, account, inner_ip: innerIp, port };
}

function shortened(words: string, length: number): string {
  const whole = withoutStop(words);
  return whole.length > length ? whole.slice(0, length) + CUT : whole;
}

function withoutStop(words: string): string {
  return words.replace(/[.。\s]+$/, '');
}
