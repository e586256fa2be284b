import { readFileSync } from 'node:fs';
import { EnvError, describeEnv, parseEnv } from './env.js';
import { ENV_VARIABLES, variableName } from './env-schema.js';

describe('parseEnv', () => {
  it('takes the defaults from an empty environment', () => {
    const env = parseEnv({});
    expect(env).toMatchObject({
      port: 8800,
      host: '127.0.0.1',
      workerConcurrency: 100,
      defaultLocale: 'zh-CN',
      corsOrigins: [],
    });
    expect(env.databaseUrl).toBeUndefined();
  });

  it('counts an empty value as absent', () => {
    expect(parseEnv({ PORT: '' }).port).toBe(8800);
  });

  it('names every bad variable in one error', () => {
    const bad = { PORT: 'eighty', WORKERS: '-1', SECRET_KEY: 'short', DATABASE_URL: 'mysql://x', LOG_LEVEL: 'loud' };
    const parse = () => parseEnv(bad);
    expect(parse).toThrow(EnvError);
    for (const name of Object.keys(bad)) expect(parse).toThrow(new RegExp(`${name}: `));
  });

  it('names a variable that this process requires', () => {
    expect(() => parseEnv({}, ['databaseUrl', 'redisUrl'])).toThrow(
      /DATABASE_URL: is required[\s\S]*REDIS_URL: is required/,
    );
  });

  it('never quotes a secret value', () => {
    expect(() => parseEnv({ SECRET_KEY: 'hunter2', ADMIN_PASSWORD: 'hunter3' })).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hunter/) }),
    );
  });

  it('is frozen', () => {
    expect(Object.isFrozen(parseEnv({}))).toBe(true);
  });

  it('gives the origin that people reach it under, without a slash at the end', () => {
    expect(parseEnv({ PUBLIC_URL: 'https://nodeman.example.com/' }).publicOrigin).toBe('https://nodeman.example.com');
    expect(parseEnv({ PORT: '9000' }).publicOrigin).toBe('http://127.0.0.1:9000');
  });
});

describe('.env.example', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');

  it('is what the table of variables says; npm run docs writes it', () => {
    expect(example).toBe(describeEnv());
  });

  it('has every variable', () => {
    for (const name of Object.keys(ENV_VARIABLES))
      expect(example).toMatch(new RegExp(`^(# )?${variableName(name)}=`, 'm'));
  });
});
