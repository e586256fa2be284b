import { ERROR_ABOUT } from '../errors/error-about.js';
import { ERROR_STATUS, type ErrorCode } from '../errors/error-code.js';
import { ERR_CODES } from './err-codes.js';

const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |`;

/** The text of docs/errors.md: every code there is, with cause and remedy. */
export function describeErrors(): string {
  const refusals = (Object.keys(ERROR_STATUS) as ErrorCode[]).map((code) =>
    row(`\`${code}\``, ERROR_STATUS[code], ERROR_ABOUT[code].when, ERROR_ABOUT[code].remedy),
  );
  const runs = Object.entries(ERR_CODES).map(([code, { meaning, cause, remedy }]) =>
    row(`\`${code}\``, meaning.zh, meaning.en, cause.en, remedy.en),
  );
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
    'A run that failed says more in `err_code_desc` and in the last lines of its log: what happened, the evidence, what to do next.',
    '',
    row('err_code', '含义', 'meaning', 'usual cause', 'what to do'),
    row('---', '---', '---', '---', '---'),
    ...runs,
    '',
  ].join('\n');
}
