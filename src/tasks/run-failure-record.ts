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
  /** The failing command, its exit code and its last lines, as one line; empty when there is none. */
  evidence: string;
  remedy: StoredText;
}
