import type { QueueOptions } from 'bull';
import { Redis, type RedisOptions } from 'ioredis';
import type { Env } from '../../env/env.js';

/**
 * How queues reach Redis. Bull opens the connections itself: it does not close those that it is given.
 * `enableReadyCheck: false` and `maxRetriesPerRequest: null` are what its blocking connections need.
 * @see https://github.com/OptimalBits/bull/blob/develop/REFERENCE.md
 */
export function bullOptions(env: Env): QueueOptions {
  if (env.redisEmulated) teachEmulator();
  return {
    prefix: env.redisPrefix,
    redis: {
      ...connectionOf(env.redisUrl!),
      enableReadyCheck: false,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(times * 100, 2_000),
    },
  };
}

function connectionOf(redisUrl: string): RedisOptions {
  const url = new URL(redisUrl);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: Number(url.pathname.slice(1)) || 0,
    ...(url.protocol === 'rediss:' ? { tls: { servername: url.hostname } } : {}),
  };
}

/** The in-memory stand-in for Redis lacks BRPOPLPUSH, which BLMOVE replaces since Redis 6.2. */
function teachEmulator(): void {
  Redis.prototype.brpoplpush = function (this: Redis, source: string, destination: string, timeout: number) {
    return this.blmove(source, destination, 'RIGHT', 'LEFT', timeout);
  } as typeof Redis.prototype.brpoplpush;
}
