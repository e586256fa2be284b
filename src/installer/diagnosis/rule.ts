import { Text } from '../../common/i18n/text.js';
import type { ErrCode } from '../../common/vocabulary/err-codes.js';
import type { Step } from '../../common/vocabulary/steps.js';
import type { SshErrorKind } from '../../ssh/ssh.errors.js';
import type { DiagnosisInput } from './diagnosis.js';

/** A cause, as data: all that `when` names must be so. */
export interface Rule {
  readonly id: string;
  readonly when: {
    /** Stands in what happened or in the output; `.` stays within a line. */
    readonly words?: RegExp;
    /** Stands in the failing command. */
    readonly command?: RegExp;
    /** The failing command ended with one of these. */
    readonly exitCodes?: readonly number[];
    readonly sshKinds?: readonly SshErrorKind[];
    readonly errCodes?: readonly ErrCode[];
    readonly steps?: readonly Step[];
    /** What the host told about itself. */
    readonly facts?: Readonly<Record<string, RegExp>>;
  };
  readonly cause: Text;
  /** May name `{bk_biz_id}`, `{host_id}`, `{account}`, `{inner_ip}` and `{port}` of the run. */
  readonly remedy: Text;
}

type Words = readonly [zh: string, en: string];

export function rule(id: string, when: Rule['when'], cause: Words, remedy: Words | Text): Rule {
  return { id, when, cause: new Text(...cause), remedy: remedy instanceof Text ? remedy : new Text(...remedy) };
}

export function fits({ when }: Rule, input: DiagnosisInput): boolean {
  const { evidence, sshKind, errCode, step, facts } = input;
  if (when.sshKinds && !when.sshKinds.some((kind) => kind === sshKind)) return false;
  if (when.errCodes && !when.errCodes.includes(errCode)) return false;
  if (when.steps && !when.steps.includes(step)) return false;
  if (when.exitCodes && !when.exitCodes.includes(evidence?.exitCode ?? Number.NaN)) return false;
  if (when.command && !when.command.test(evidence?.command ?? '')) return false;
  for (const [name, pattern] of Object.entries(when.facts ?? {})) {
    if (!pattern.test(facts?.get(name) ?? '')) return false;
  }
  return !when.words || when.words.test([input.happened, ...(evidence?.output ?? [])].join('\n'));
}
