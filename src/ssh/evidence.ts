import { Redactor } from '../common/redact/redactor.js';

const USUAL_LENGTH = 300;

/**
 * Words of a server or a library, made fit to be shown: one line, no control characters, not long, and without our
 * secrets, since a hostile server may send back the password that it was given.
 * @param maxLength characters
 */
export function evidenceOf(words: string, secrets: readonly string[] = [], maxLength = USUAL_LENGTH): string {
  const masked = new Redactor(secrets).mask(words.slice(0, 4 * maxLength));
  const shown = masked.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown;
}
