import type { ChildExit } from '../child.js';
import type { Watchdog } from '../watchdog.js';

/** A Postgres or Redis that the launcher found or started. */
export interface Service {
  readonly name: string;
  /** Complete, with login. A secret: never print it. */
  readonly url: string;
  /** For people: which one, and where; without secrets. */
  readonly description: string;
  /** Loud words for people, e.g. that data is kept in memory only. */
  readonly warning: string | null;
  /** Resolves when it ended by itself or was stopped; never for one that is not ours. */
  readonly exited: Promise<ChildExit>;
  /** Resolves once it is gone; does nothing for one that is not ours. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

export interface ServiceOptions {
  /** Absolute; `postgres/` and `redis/` are made in it. */
  readonly dataDir: string;
  readonly watchdog: Watchdog;
  /** TCP port on loopback; default: any free one. */
  readonly port?: number;
}

/** A service that somebody else runs, known by its URL. */
export function externalService(name: string, url: string): Service {
  const { hostname, port, pathname } = new URL(url);
  return {
    name,
    url,
    description: `${name} at ${hostname}${port && `:${port}`}${pathname.length > 1 ? pathname : ''} (given)`,
    warning: null,
    exited: new Promise(() => undefined),
    stop: () => Promise.resolve(),
    kill: () => undefined,
  };
}
