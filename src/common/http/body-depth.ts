import { FormValidateError } from '../errors/app-error.js';
import { Text } from '../i18n/text.js';

/** More than any body of ours needs. */
const MAX_DEPTH = 32;

/** Lists and objects in each other, thousands deep: nothing that means something, and too deep for recursive code. */
export class BodyTooDeepError extends FormValidateError {
  constructor() {
    super(
      new Text(`请求体嵌套过深，最多 ${MAX_DEPTH} 层`, `The request body is nested deeper than ${MAX_DEPTH} levels`),
    );
  }
}

/** Whether a body is nested too deep. Looks level by level, not by recursion. */
export function isTooDeep(body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.filter((value) => typeof value === 'object' && value !== null);
    if (level.length === 0) return false;
    level = level.flatMap((value) => Object.values(value as object));
  }
  return true;
}
