import type { Duplex } from 'node:stream';
import { Text } from '../common/i18n/text.js';
import { SshError } from '../ssh/ssh.errors.js';
import type { ProxyView } from './proxies.service.js';

/** A connection through a proxy could not be had, or broke, and that is the proxy's fault: another one may do. */
export class ProxyFailedError extends Error {
  /** What happened, for people; it does not name the proxy's inner address. */
  readonly text: Text;

  constructor(
    readonly proxy: ProxyView,
    override readonly cause: SshError,
  ) {
    super(`PROXY ${proxy.innerIp}: ${cause.text.en}`);
    this.text = cause.text;
    this.name = 'ProxyFailedError';
  }
}

/** Why a connection through a proxy broke, when the proxy's session broke; null when it is well, or ended by itself. */
export function failureOf(proxy: ProxyView, stream: Duplex): ProxyFailedError | null {
  return stream.errored instanceof SshError ? new ProxyFailedError(proxy, stream.errored) : null;
}
