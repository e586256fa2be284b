import type { AppError, MessageTree } from '../errors/app-error.js';
import { ERROR_STATUS, type ErrorCode } from '../errors/error-code.js';
import { type Locale, Text } from '../i18n/text.js';

/** Messages in one language: what a `MessageTree` becomes on the wire. */
export type Messages = string | Messages[] | { [key: string]: Messages };

/** The body of every refusal. */
export interface Refusal {
  result: false;
  code: ErrorCode;
  message: string;
  messages: Messages;
  data: null;
}

/** What is answered to a refused request, in the caller's language. */
export function refusalOf(error: AppError, locale: Locale): Refusal {
  return {
    result: false,
    code: error.code,
    message: error.text.in(locale),
    messages: localize(error.messages, locale),
    data: null,
  };
}

/** `ERROR_HTTP_STATUS=200` keeps only the two statuses that clients written for BlueKing look at. */
export function statusOf(code: ErrorCode, mode: 'semantic' | '200'): number {
  if (mode === 'semantic' || code === 'UNAUTHORIZED' || code === 'PERMISSION_DENIED') return ERROR_STATUS[code];
  return 200;
}

function localize(tree: MessageTree, locale: Locale): Messages {
  if (tree instanceof Text) return tree.in(locale);
  if (Array.isArray(tree)) return (tree as readonly MessageTree[]).map((branch) => localize(branch, locale));
  // fromEntries defines its keys, so that a client's "__proto__" is a key like any other.
  return Object.fromEntries(
    Object.entries(tree).map(([key, branch]) => [key, localize(branch as MessageTree, locale)]),
  );
}
