import { jest } from '@jest/globals';
import { TooManyRequestsError } from '../common/errors/app-error.js';
import type { RedisService } from '../common/redis/redis.service.js';
import { parseEnv } from '../env/env.js';
import { FailureWindow } from './failure-window.js';
import { LoginLimiter } from './login-limiter.js';

/** The few commands that the limiter uses, over a map that several limiters may share. */
class FakeRedis {
  readonly counts = new Map<string, number>();
  isDown = false;

  readonly client = {
    mget: (keys: string[]) => this.answer(() => keys.map((key) => this.counts.get(key)?.toString() ?? null)),
    ttl: (_key: string) => this.answer(() => 42),
    multi: () => {
      const commands: (() => void)[] = [];
      const chain = {
        set: (key: string, value: number, _ex: string, _seconds: number, _nx: string) => {
          commands.push(() => this.counts.has(key) || this.counts.set(key, value));
          return chain;
        },
        incr: (key: string) => {
          commands.push(() => this.counts.set(key, this.counts.get(key)! + 1));
          return chain;
        },
        exec: () => this.answer(() => commands.forEach((command) => command())),
      };
      return chain;
    },
  };

  key(name: string): string {
    return `test:${name}`;
  }

  private answer<T>(work: () => T): Promise<T> {
    return this.isDown ? Promise.reject(new Error('Connection is closed.')) : Promise.resolve(work());
  }
}

const env = parseEnv({ LOGIN_ATTEMPTS_PER_MINUTE: '3' });
const limiterOn = (redis: FakeRedis) => new LoginLimiter(env, redis as unknown as RedisService);
const attempt = { username: 'admin', address: '10.0.0.1' };

async function failThreeTimes(limiter: LoginLimiter, who = attempt): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    await limiter.refuseIfExhausted(who);
    await limiter.recordFailure(who);
  }
}

describe('LoginLimiter', () => {
  it('refuses the attempt after the last allowed failure', async () => {
    const limiter = limiterOn(new FakeRedis());
    await failThreeTimes(limiter);
    await expect(limiter.refuseIfExhausted(attempt)).rejects.toBeInstanceOf(TooManyRequestsError);
  });

  it('counts a name wherever it is tried from, in any case', async () => {
    const limiter = limiterOn(new FakeRedis());
    await failThreeTimes(limiter);
    const elsewhere = { username: 'ADMIN', address: '10.0.0.2' };
    await expect(limiter.refuseIfExhausted(elsewhere)).rejects.toBeInstanceOf(TooManyRequestsError);
  });

  it('counts an address whatever name it tries', async () => {
    const limiter = limiterOn(new FakeRedis());
    await failThreeTimes(limiter);
    await expect(limiter.refuseIfExhausted({ ...attempt, username: 'root' })).rejects.toBeInstanceOf(
      TooManyRequestsError,
    );
  });

  it('counts a network of IPv6 as one address, and IPv4 in IPv6 as IPv4', async () => {
    const limiter = limiterOn(new FakeRedis());
    await failThreeTimes(limiter, { username: 'a', address: '2001:db8:1:2::1' });
    const neighbour = limiter.refuseIfExhausted({ username: 'b', address: '2001:db8:1:2:ffff::9' });
    await expect(neighbour).rejects.toBeInstanceOf(TooManyRequestsError);
    await limiter.refuseIfExhausted({ username: 'b', address: '2001:db8:1:3::1' });
    await failThreeTimes(limiter, { username: 'c', address: '::ffff:10.0.0.9' });
    const mapped = limiter.refuseIfExhausted({ username: 'd', address: '10.0.0.9' });
    await expect(mapped).rejects.toBeInstanceOf(TooManyRequestsError);
  });

  it('leaves others alone', async () => {
    const limiter = limiterOn(new FakeRedis());
    await failThreeTimes(limiter);
    await limiter.refuseIfExhausted({ username: 'li.lei', address: '10.0.0.2' });
  });

  it('counts together with other servers and says how long to wait', async () => {
    const redis = new FakeRedis();
    await failThreeTimes(limiterOn(redis));
    await expect(limiterOn(redis).refuseIfExhausted(attempt)).rejects.toMatchObject({ retryAfterSeconds: 42 });
  });

  it('goes on counting by itself when Redis is away or was emptied', async () => {
    const redis = new FakeRedis();
    redis.isDown = true;
    const limiter = limiterOn(redis);
    await failThreeTimes(limiter);
    await expect(limiter.refuseIfExhausted(attempt)).rejects.toMatchObject({ retryAfterSeconds: 60 });
    redis.isDown = false;
    await expect(limiter.refuseIfExhausted(attempt)).rejects.toBeInstanceOf(TooManyRequestsError);
  });

  it('keeps no name in Redis that somebody typed', async () => {
    const redis = new FakeRedis();
    await limiterOn(redis).recordFailure({ username: 'MyPassw0rd', address: '10.0.0.1' });
    expect([...redis.counts.keys()].join()).not.toMatch(/MyPassw0rd/i);
  });
});

describe('FailureWindow', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }));
  afterEach(() => jest.useRealTimers());

  it('forgets a minute after the first failure, not after the last', () => {
    const failures = new FailureWindow(60_000);
    failures.add('a');
    jest.advanceTimersByTime(59_000);
    failures.add('a');
    expect([failures.count('a'), failures.secondsLeft('a')]).toEqual([2, 1]);
    jest.advanceTimersByTime(1_000);
    expect([failures.count('a'), failures.secondsLeft('a')]).toEqual([0, 0]);
    failures.add('a');
    expect(failures.count('a')).toBe(1);
  });

  it('forgets the oldest when a flood of keys arrives', () => {
    const failures = new FailureWindow(60_000);
    failures.add('oldest');
    for (let i = 0; i < 10_000; i += 1) failures.add(`key ${i}`);
    expect(failures.count('oldest')).toBe(0);
    expect(failures.count('key 9999')).toBe(1);
  });
});
