import { Text } from '../common/i18n/text.js';

/** A sentence as it is stored. */
export interface StoredText {
  zh: string;
  en: string;
}

/** Why a run failed, in parts, so that the failures of a job can be grouped by cause. It holds no secret. */
export interface RunFailureRecord {
  /** The name of the diagnosis, for example `disk-full`; equal causes of equal err_codes are one group. */
  id: string;
  cause: StoredText;
  /** The evidence where there is no other. Older records lack it. */
  happened?: StoredText;
  /** The failing command, its exit code and its last lines, as one line; empty when there is none. */
  evidence: string;
  /** May name `{bk_biz_id}`, `{host_id}`, `{account}`, `{inner_ip}` and `{port}`, so that it is one for all hosts of a group. */
  remedy: StoredText;
}

/** What a sentence may name of its run; what is not known stays as it is, such as `{host_id}`. */
export interface Placeholders {
  bk_biz_id?: number;
  host_id?: number;
  account?: string | null;
  inner_ip?: string;
  port?: number | null;
}

export function filledIn({ zh, en }: StoredText, values: Placeholders): Text {
  const fill = (words: string): string =>
    words.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name as keyof Placeholders] ?? whole));
  return new Text(fill(zh), fill(en));
}
