import { randomBytes } from 'node:crypto';
import { Env, parseEnv } from '../../src/env/env.js';

type Overrides = Partial<{ -readonly [K in keyof Env]: Env[K] }>;

/** A valid environment for one test file: a Redis prefix of its own, free ports, quick intervals. */
export function aTestEnv(overrides: Overrides = {}): Env {
  const defaults = parseEnv({
    PORT: '0',
    REDIS_URL: process.env.TEST_REDIS_URL,
    REDIS_PREFIX: `{test-${randomBytes(6).toString('hex')}}`,
    SECRET_KEY: 'a secret key for tests, long enough',
    LOGIN_ATTEMPTS_PER_MINUTE: '1000',
    DATABASE_POOL_SIZE: '5',
  });
  return new Env({ ...defaults, ...overrides } as Env);
}
