import type { Duplex } from 'node:stream';

/** How the SSH port of a run's host is reached. */
export interface HostRoute {
  /** The address that is logged in to. */
  readonly address: string;
  /**
   * A stream to the host's SSH port; undefined: by TCP, straight to the address.
   * @throws ProxyFailedError when the proxy on the way is at fault; SshError; RunFailure when no proxy is left
   */
  open(signal: AbortSignal): Promise<Duplex | undefined>;
  /**
   * Settles what becomes of a step that failed: returns when it may be done again, by another way.
   * @throws what the run fails with
   */
  another(error: unknown, signal: AbortSignal): Promise<void>;
}

/** Straight to the host: there is no other way. */
export class DirectRoute implements HostRoute {
  constructor(readonly address: string) {}

  open(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  another(error: unknown): Promise<never> {
    return Promise.reject(error as Error);
  }
}
