import { Text } from '../common/i18n/text.js';

/**
 * Why a session could not be had, or ended.
 *
 * | kind | cause |
 * |---|---|
 * | unreachable | no route, host or network down |
 * | refused | nobody listens on the port |
 * | connect-timeout | no answer to the TCP connect |
 * | login-timeout | TCP is up, handshake or login did not finish in time |
 * | wrong-password | the server refused the password |
 * | key-unreadable | the private key cannot be parsed |
 * | key-needs-passphrase | the private key is encrypted |
 * | key-refused | the server refused the private key |
 * | host-key-changed | the host shows another key than the pinned one |
 * | method-not-offered | the server takes nothing that we hold |
 * | lost | the connection broke after the login |
 * | silent | the host did not answer any more after the login |
 * | exec-timeout | a command did not end in its time |
 * | other | any other failure of the protocol |
 */
export type SshErrorKind =
  | 'unreachable'
  | 'refused'
  | 'connect-timeout'
  | 'login-timeout'
  | 'wrong-password'
  | 'key-unreadable'
  | 'key-needs-passphrase'
  | 'key-refused'
  | 'host-key-changed'
  | 'method-not-offered'
  | 'lost'
  | 'silent'
  | 'exec-timeout'
  | 'other';

const PASSING: ReadonlySet<SshErrorKind> = new Set([
  'unreachable',
  'refused',
  'connect-timeout',
  'login-timeout',
  'lost',
  'silent',
  'exec-timeout',
]);

/** A failure of SSH, told in a sentence for people: what happened, the evidence, what to do. It never holds a secret. */
export class SshError extends Error {
  constructor(
    readonly kind: SshErrorKind,
    readonly text: Text,
  ) {
    super(text.en);
    this.name = 'SshError';
  }

  /** True when trying again later may help without anybody changing anything. */
  get isPassing(): boolean {
    return PASSING.has(this.kind);
  }
}
