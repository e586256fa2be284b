import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { TooManyRequestsError } from '../common/errors/app-error.js';
import { RedisService } from '../common/redis/redis.service.js';
import { Env } from '../env/env.js';
import { FailureWindow } from './failure-window.js';

const WINDOW_SECONDS = 60;

/** Somebody who tries a password. */
export interface Attempt {
  readonly username: string;
  readonly address: string;
}

/**
 * Counts failed logins by name and by address. All servers count together in Redis; each counts its own as well, which is
 * what is left when Redis is away or was emptied.
 */
@Injectable()
export class LoginLimiter {
  private readonly own = new FailureWindow(WINDOW_SECONDS * 1_000);

  constructor(
    private readonly env: Env,
    private readonly redis: RedisService,
  ) {}

  /** @throws TooManyRequestsError when the name or the address has failed too often within a minute */
  async refuseIfExhausted(attempt: Attempt): Promise<void> {
    const limit = this.env.loginAttemptsPerMinute;
    const keys = this.keysOf(attempt);
    const waits = keys.filter((key) => this.own.count(key) >= limit).map((key) => this.own.secondsLeft(key));
    if (waits.length === 0) waits.push(...(await this.sharedWaits(keys, limit)));
    if (waits.length > 0) throw new TooManyRequestsError(Math.max(1, ...waits));
  }

  async recordFailure(attempt: Attempt): Promise<void> {
    const keys = this.keysOf(attempt);
    keys.forEach((key) => this.own.add(key));
    const commands = this.redis.client.multi();
    for (const key of keys) commands.set(key, 0, 'EX', WINDOW_SECONDS, 'NX').incr(key);
    await commands.exec().catch(() => null);
  }

  /** Seconds until each exhausted key is free again; none when Redis cannot be asked. */
  private async sharedWaits(keys: string[], limit: number): Promise<number[]> {
    try {
      const counts = await this.redis.client.mget(keys);
      const exhausted = keys.filter((_key, index) => Number(counts[index] ?? 0) >= limit);
      return await Promise.all(exhausted.map((key) => this.redis.client.ttl(key)));
    } catch {
      return [];
    }
  }

  /** Hashed, so that what people typed into the name field by mistake is kept nowhere. */
  private keysOf({ username, address }: Attempt): string[] {
    const name = createHash('sha256').update(username.toLowerCase()).digest('base64url').slice(0, 22);
    return [this.redis.key(`login:name:${name}`), this.redis.key(`login:address:${networkOf(address)}`)];
  }
}

/** Whoever has one IPv6 address has the whole /64, so that is what counts as one. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6
    ? `${parsed.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::`
    : parsed.toString();
}
