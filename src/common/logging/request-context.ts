import { AsyncLocalStorage } from 'node:async_hooks';
import type { Locale } from '../i18n/text.js';

/** What every line logged during a request carries, and what its answer is worded in. */
export interface RequestFacts {
  readonly requestId: string;
  readonly locale: Locale;
  /** Set by the guard once the caller is known. */
  username?: string;
}

const storage = new AsyncLocalStorage<RequestFacts>();

/** The request that the current code runs for, however deep it is called. */
export const RequestContext = {
  run: <T>(facts: RequestFacts, work: () => T): T => storage.run(facts, work),
  /** Undefined outside of requests, as in timers and workers. */
  current: (): RequestFacts | undefined => storage.getStore(),
};
