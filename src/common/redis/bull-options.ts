import type { QueueOptions } from 'bull';
import { Redis } from 'ioredis';
import type { Env } from '../../env/env.js';

/**
 * How queues reach Redis. `maxRetriesPerRequest: null` and `enableReadyCheck: false` are what Bull needs of its
 * blocking connections.
 * @see https://github.com/OptimalBits/bull/issues/1873
 */
export function bullOptions(env: Env): QueueOptions {
  if (env.redisEmulated) teachEmulator();
  return {
    prefix: env.redisPrefix,
    createClient: () =>
      new Redis(env.redisUrl!, {
        maxRetriesPerRequest: null,
        enableReadyCheck: false,
        retryStrategy: (times: number) => Math.min(times * 100, 2_000),
      }),
  };
}

/** The in-memory stand-in for Redis lacks BRPOPLPUSH, which BLMOVE replaces since Redis 6.2. */
function teachEmulator(): void {
  Redis.prototype.brpoplpush = function (this: Redis, source: string, destination: string, timeout: number) {
    return this.blmove(source, destination, 'RIGHT', 'LEFT', timeout);
  } as typeof Redis.prototype.brpoplpush;
}
