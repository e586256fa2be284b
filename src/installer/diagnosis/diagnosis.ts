import type { Text } from '../../common/i18n/text.js';
import { ERR_CODES, type ErrCode } from '../../common/vocabulary/err-codes.js';
import type { Step } from '../../common/vocabulary/steps.js';
import type { Evidence } from '../run.failures.js';
import { fits } from './rule.js';
import { RULES } from './rules.js';

/** All that is known of a failure. */
export interface DiagnosisInput {
  readonly step: Step;
  readonly errCode: ErrCode;
  /** Our own English sentence. */
  readonly happened: string;
  readonly evidence?: Evidence | undefined;
  /** For failures of SSH: the kind of the SshError. */
  readonly sshKind?: string | undefined;
  /** What the script told about the host. */
  readonly facts?: ReadonlyMap<string, string> | undefined;
}

/** Why something failed, and what to do about it. */
export interface Diagnosis {
  /** Equal for equal causes, for example `disk-full`. */
  readonly id: string;
  readonly cause: Text;
  readonly remedy: Text;
}

/** The cause by the first rule that fits; where none does, what usually makes this err_code. */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const rule = RULES.find((candidate) => fits(candidate, input));
  if (rule) return { id: rule.id, cause: rule.cause, remedy: rule.remedy };
  const { cause, remedy } = ERR_CODES[input.errCode];
  return { id: input.errCode.toLowerCase(), cause, remedy };
}
