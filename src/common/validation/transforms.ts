import { Transform } from 'class-transformer';

/** `''` counts as absent, as an empty value in a query or a form does. */
export const EmptyAsAbsent = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));

/**
 * Text that is a whole number becomes one; anything else is left for the validator to refuse.
 * @param whenEmpty what an empty value counts as, where absence has a default
 */
export const ToInt = (whenEmpty?: number): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    const text = value.trim();
    if (text === '') return whenEmpty;
    return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : value;
  });

/** `1`, `true`, `on` and `0`, `false`, `off`, in any case, as forms and queries write them. */
export const ToBool = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => {
    if (value === '') return undefined;
    const text = String(value).toLowerCase();
    if (['1', 'true', 'on', 'yes'].includes(text)) return true;
    if (['0', 'false', 'off', 'no'].includes(text)) return false;
    return value;
  });

/** A number becomes its text: ids are taken in both forms. */
export const ToText = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => {
    if (value === '') return undefined;
    return typeof value === 'number' ? String(value) : value;
  });

/** `a, b,,c` or a repeated field becomes `['a','b','c']`: trimmed, blanks dropped. Absent and empty stay absent. */
export const CommaList = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => {
    if (value === undefined || value === null || value === '') return undefined;
    const parts = Array.isArray(value) ? value.map(String) : [String(value)];
    return parts
      .flatMap((part) => part.split(','))
      .map((part) => part.trim())
      .filter((part) => part !== '');
  });
