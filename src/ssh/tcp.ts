import { createConnection, type Socket } from 'node:net';
import { connectTimeout, endpoint, otherFailure, refused, unreachable } from './ssh-error-texts.js';
import type { SshError } from './ssh.errors.js';

const UNREACHABLE = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EINVAL',
  'EACCES',
  'EPERM',
]);

/**
 * Opens a TCP connection. It is done apart from ssh2, which cannot tell a slow network from a slow login.
 * @throws SshError of kind `unreachable`, `refused`, `connect-timeout` or `other`; the signal's reason when that aborts
 */
export async function connectTcp(
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const where = endpoint(address, port);
  const socket = createConnection({ host: address, port, noDelay: true });
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(signal.reason as Error);
      timer = setTimeout(() => reject(connectTimeout(where, timeoutMs)), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', resolve);
      socket.once('error', (error: NodeJS.ErrnoException) => reject(failureOf(where, error, timeoutMs)));
    });
    return socket;
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

function failureOf(where: string, error: NodeJS.ErrnoException, timeoutMs: number): SshError {
  const code = error.code ?? error.message;
  if (code === 'ECONNREFUSED') return refused(where);
  if (code === 'ETIMEDOUT') return connectTimeout(where, timeoutMs);
  return UNREACHABLE.has(code) ? unreachable(where, code) : otherFailure(where, code);
}
