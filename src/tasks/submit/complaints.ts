import { ValidateError } from '../../common/errors/app-error.js';
import type { MessageTree } from '../../common/errors/app-error.js';
import type { Text } from '../../common/i18n/text.js';

/** What is wrong with one thing, by field, in the order found. */
export class Complaints {
  private readonly fields = new Map<string, Text[]>();

  constructor(copyOf?: Complaints) {
    for (const [field, texts] of copyOf?.fields ?? []) this.fields.set(field, [...texts]);
  }

  get isEmpty(): boolean {
    return this.fields.size === 0;
  }

  has(field: string): boolean {
    return this.fields.has(field);
  }

  add(field: string, text: Text): void {
    const texts = this.fields.get(field);
    if (!texts) this.fields.set(field, [text]);
    else texts.push(text);
  }

  /** Forgets the rest: `text` is all that the caller has to know. */
  only(field: string, text: Text): void {
    this.fields.clear();
    this.fields.set(field, [text]);
  }

  entries(): [string, MessageTree][] {
    return [...this.fields];
  }
}

/** A row of `hosts`, as far as an answer names it. */
export interface ComplainedRow {
  /** The inner ip as the client sent it. */
  readonly sentIp: string;
  readonly complaints: Complaints;
}

/**
 * The refusal of a task: `{<field>: […], hosts: [{}, {"host:<ip>": {<field>: […]}}], other_bk_biz_id: {<ip>: [<id>]}}`, each
 * part only when there is something to say in it; null when all is well.
 * `Object.fromEntries` makes own properties of keys that are client text, even of `__proto__`.
 */
export function refusalOf(
  body: Complaints,
  rows: readonly ComplainedRow[],
  elsewhere: readonly (readonly [ip: string, businesses: readonly Text[]])[] = [],
): ValidateError | null {
  const messages = body.entries();
  if (rows.some((row) => !row.complaints.isEmpty)) messages.push(['hosts', rows.map(messagesOfRow)]);
  if (elsewhere.length > 0) messages.push(['other_bk_biz_id', Object.fromEntries(elsewhere)]);
  return messages.length > 0 ? new ValidateError(Object.fromEntries(messages)) : null;
}

function messagesOfRow({ sentIp, complaints }: ComplainedRow): MessageTree {
  if (complaints.isEmpty) return {};
  return Object.fromEntries([[`host:${sentIp}`, Object.fromEntries(complaints.entries())]]);
}
