import type { Env } from '../env/env.js';
import type { ConnectOptions } from './ssh-session.js';

/** A host is asked so often within the time that it may be silent. */
const KEEPALIVE_MISSES = 3;

/** How long a host may take to let us in, and be silent afterwards, as the environment says. */
export function sessionLimits(
  env: Env,
): Pick<ConnectOptions, 'connectTimeoutMs' | 'loginTimeoutMs' | 'keepaliveIntervalMs' | 'keepaliveMisses'> {
  return {
    connectTimeoutMs: env.sshConnectTimeoutSeconds * 1000,
    loginTimeoutMs: env.sshLoginTimeoutSeconds * 1000,
    keepaliveIntervalMs: (env.sshSilenceTimeoutSeconds * 1000) / KEEPALIVE_MISSES,
    keepaliveMisses: KEEPALIVE_MISSES,
  };
}
