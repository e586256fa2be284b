import type { Text } from '../i18n/text.js';
import { ERROR_ABOUT } from '../errors/error-about.js';
import { ERROR_STATUS, type ErrorCode } from '../errors/error-code.js';
import { ERR_CODES } from './err-codes.js';

/** A cause of failures that is known by its signs. */
export interface KnownCause {
  readonly id: string;
  readonly cause: Text;
  readonly remedy: Text;
}

const row = (...cells: (string | number)[]) =>
  `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;

/**
 * The text of docs/errors.md: every code there is, with cause and remedy.
 * @param causes what the installer tells apart, in the order in which it looks for them
 */
export function describeErrors(causes: readonly KnownCause[]): string {
  const refusals = (Object.keys(ERROR_STATUS) as ErrorCode[]).map((code) =>
    row(`\`${code}\``, ERROR_STATUS[code], ERROR_ABOUT[code].when, ERROR_ABOUT[code].remedy),
  );
  const runs = Object.entries(ERR_CODES).map(([code, { meaning, cause, remedy }]) =>
    row(`\`${code}\``, meaning.zh, meaning.en, cause.en, remedy.en),
  );
  const known = causes.map(({ id, cause, remedy }) => row(`\`${id}\``, cause.zh, remedy.zh, cause.en, remedy.en));
  return [
    '# Errors',
    'Made from the tables in the source by `npm run docs`; a test keeps it so.',
    '',
    '## `code`: how a request ended',
    'The status is that of `ERROR_HTTP_STATUS=semantic`; under `200` all but the first two rows are answered with 200.',
    '',
    row('code', 'status', 'when', 'what to do'),
    row('---', '---', '---', '---'),
    ...refusals,
    '',
    '## `err_code`: how a run ended, or where it stands',
    'A run that failed says more in `err_code_desc` and in the last lines of its log: what happened, the evidence (the failing command, its exit code, its last lines), the cause, what to do.',
    '',
    row('err_code', '含义', 'meaning', 'usual cause', 'what to do'),
    row('---', '---', '---', '---', '---'),
    ...runs,
    '',
    '## `cause`: why runs failed',
    "A failed run's sentence ends with its cause and what to do about it: the first of this list whose signs are there (the step, the exit code, the words of",
    "programs, what is known of the host), else the usual cause of its `err_code` from the table above. `GET /api/{bk_biz_id}/tasks/{job_id}/failures/` groups a job's",
    'failures by them.',
    '',
    row('cause', '原因', '建议', 'cause', 'what to do'),
    row('---', '---', '---', '---', '---'),
    ...known,
    '',
  ].join('\n');
}
