import { Text } from '../common/i18n/text.js';
import { SSH_REMEDIES } from './ssh-remedies.js';

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
 * | forward-refused | a proxy forbids to go on through it |
 * | forward-failed | a proxy could not connect to the host |
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
  | 'forward-refused'
  | 'forward-failed'
  | 'other';

const PASSING: ReadonlySet<SshErrorKind> = new Set([
  'unreachable',
  'refused',
  'connect-timeout',
  'login-timeout',
  'lost',
  'silent',
  'exec-timeout',
  'forward-failed',
]);

/** A failure of SSH, told for people in parts. It never holds a secret. */
export class SshError extends Error {
  /** Both parts in one sentence, for where nobody looks for the cause. */
  readonly text: Text;

  /** @param happened with the evidence, as a sentence without its full stop */
  constructor(
    readonly kind: SshErrorKind,
    readonly happened: Text,
    readonly remedy: Text = SSH_REMEDIES[kind],
  ) {
    super(`${happened.en}. ${remedy.en}`);
    this.text = new Text(`${happened.zh}。${remedy.zh}`, this.message);
    this.name = 'SshError';
  }

  /** True when trying again later may help without anybody changing anything. */
  get isPassing(): boolean {
    return PASSING.has(this.kind);
  }
}
