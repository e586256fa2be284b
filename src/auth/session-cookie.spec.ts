import { parseEnv } from '../env/env.js';
import { readCookie, sessionCookieOptions } from './session-cookie.js';

describe('readCookie', () => {
  it.each([
    ['nodeman_session=abc', 'abc'],
    ['a=1; nodeman_session=abc; b=2', 'abc'],
    ['a=1;nodeman_session = abc ', 'abc'],
    ['nodeman_session="abc"', 'abc'],
    ['nodeman_session=a=b=', 'a=b='],
    ['nodeman_session=first; nodeman_session=second', 'first'],
    ['nodeman_session=', ''],
  ])('finds it in %p', (header, value) => {
    expect(readCookie(header, 'nodeman_session')).toBe(value);
  });

  it.each([
    undefined,
    '',
    ';;;',
    'nodeman_session',
    'xnodeman_session=abc',
    'a="nodeman_session"',
    'NODEMAN_SESSION=abc',
  ])('does not find it in %p', (header) => {
    expect(readCookie(header, 'nodeman_session')).toBeNull();
  });
});

describe('sessionCookieOptions', () => {
  it('hides the cookie from scripts and from other sites', () => {
    expect(sessionCookieOptions(parseEnv({}))).toEqual({ httpOnly: true, sameSite: 'lax', secure: false, path: '/' });
  });

  it('keeps it off plain HTTP when people come by https', () => {
    expect(sessionCookieOptions(parseEnv({ PUBLIC_URL: 'https://nodeman.example' })).secure).toBe(true);
  });

  it('lets it end with its session', () => {
    const { maxAge } = sessionCookieOptions(parseEnv({}), new Date(Date.now() + 3_600_000));
    expect(maxAge).toBeGreaterThan(3_590_000);
    expect(maxAge).toBeLessThanOrEqual(3_600_000);
  });
});
