import type { Type } from '@nestjs/common';

/** The fields of a flat form as they came: nothing is known about them. */
export type FormFields = Readonly<Record<string, unknown>>;

/** What one key of `config/kv` may hold. A new setting is one file with one of these, and a line in the registry. */
export interface SettingDefinition<Value> {
  readonly key: string;
  /** Documents the key's own fields, as they are posted and as they are answered. */
  readonly Fields: Type<unknown>;
  /** What holds until somebody sets it; null: nothing does. */
  readonly defaultValue: Value | null;
  /**
   * The value of a form, of which all fields but the key's own are left out.
   * @throws ValidateError naming each wrong field
   */
  parse(form: FormFields): Value;
  /** The value as clients see it. */
  toFields(value: Value): Record<string, string>;
}
