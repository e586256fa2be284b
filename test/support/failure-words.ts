import type { ErrCode } from '../../src/common/vocabulary/err-codes.js';
import type { Step } from '../../src/common/vocabulary/steps.js';
import { type DiagnosisInput, diagnose } from '../../src/installer/diagnosis/diagnosis.js';
import type { Rule } from '../../src/installer/diagnosis/rule.js';
import type { SshError } from '../../src/ssh/ssh.errors.js';

/** The err_code and step at which each call of the script fails. */
const PLACES: Readonly<Record<string, [ErrCode, Step, meaning: string]>> = {
  deps: ['COMMAND_NOT_FOUND', 'INSTALL_DEP', 'The host lacks a command that the script needs'],
  download: ['CURL_FILE_FAILED', 'DOWNLOAD_FILE', 'No file server gave the package, or its checksum is wrong'],
  install: ['INSTALL_FAILED', 'EXECUTE_SCRIPT', 'The script said that it failed, and why'],
  verify: ['INSTALL_FAILED', 'SCRIPT_DONE', 'The script said that it failed, and why'],
};

/** A call of the script that failed. @param output free text before, as programs print it */
export function call(name: string, sentence: string, output = '', facts: Record<string, string> = {}): DiagnosisInput {
  const [errCode, step, meaning] = PLACES[name]!;
  return {
    ...{ errCode, step, happened: `${meaning}: ${sentence}`, facts: new Map(Object.entries(facts)) },
    evidence: { command: null, exitCode: null, output: output.split('\n').filter((line) => line !== '') },
  };
}

/** A download from one server that failed. @param words of the tool */
export function fetched(words: string, cause = 'the download broke (curl exit code 22: it)'): DiagnosisInput {
  return call('download', `no server gave agent.tgz: 10.0.0.1:80: ${cause}`, `10.0.0.1:80: ${cause}\n${words}`);
}

/** A command that package managers print this before they give up on. */
export function packages(output: string): DiagnosisInput {
  return call('deps', 'this host lacks curl and it could not be brought (exit code 1)', output);
}

export function ssh({ kind, happened }: SshError, errCode: ErrCode = 'SSH_LOGIN_EXCEPT', output = ''): DiagnosisInput {
  const evidence = { command: null, exitCode: null, output: output.split('\n').filter((line) => line !== '') };
  return { step: 'SSH_LOGIN', errCode, happened: happened.en, sshKind: kind, evidence };
}

/** Sudo's words at the login. */
export function sudo(output: string): DiagnosisInput {
  return {
    ...{ step: 'SSH_LOGIN', errCode: 'INSTALL_FAILED', happened: 'Account ops cannot become root by sudo' },
    evidence: { command: 'sudo -S true', exitCode: 1, output: output.split('\n') },
  };
}

/** What a script's shell, or the login shell, left when it ended without a word. */
export function ended(how: string, output: string, step: Step = 'EXECUTE_SCRIPT', exitCode = 1): DiagnosisInput {
  const evidence = { command: null, exitCode, output: output.split('\n').filter((line) => line !== '') };
  return {
    step,
    errCode: 'UNEXPECTED_RETURN',
    happened: `The script on the host ended unexpectedly (${how})`,
    evidence,
  };
}

/** An agent that does not come up. @param output of systemd, the loader or the agent */
export function started(output: string): DiagnosisInput {
  const last = output.split('\n').at(-1)!;
  return call('install', `the agent did not come up: start ended with code 1: ${last}`, output);
}

export function wordsOf({ happened, evidence }: DiagnosisInput): string {
  return [happened, ...(evidence?.output ?? [])].join(' | ').slice(0, 160);
}

/** Tests that each of these rules is found by real words, in the order of all rules, and that none is left out. */
export function provedBy(
  rules: readonly Rule[],
  cases: readonly (readonly [id: string, input: DiagnosisInput])[],
): void {
  describe('real words', () => {
    it.each(cases.map(([id, input]) => [id, wordsOf(input), input] as const))('%s: %s', (id, _words, input) => {
      expect(diagnose(input).id).toBe(id);
    });

    it('prove each rule', () => {
      const proved = new Set(cases.map(([id]) => id));
      expect(rules.map(({ id }) => id).filter((id) => !proved.has(id))).toEqual([]);
    });
  });
}
