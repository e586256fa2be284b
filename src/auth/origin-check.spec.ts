import { parseEnv } from '../env/env.js';
import { ForeignOriginError, OriginCheck } from './origin-check.js';

const check = new OriginCheck(
  parseEnv({ PUBLIC_URL: 'https://nodeman.example/ui/', CORS_ORIGINS: 'https://spa.example, http://localhost:5173' }),
);
const host = '10.0.0.1:8800';

describe('OriginCheck', () => {
  it.each([
    { origin: 'https://nodeman.example' },
    { origin: 'https://spa.example' },
    { origin: 'http://localhost:5173' },
    { origin: 'http://10.0.0.1:8800' },
    { origin: 'https://10.0.0.1:8800' },
    { referer: 'https://nodeman.example/hosts?page=2' },
    { referer: 'http://10.0.0.1:8800/api/docs' },
    {},
  ])('lets %p through', (headers) => {
    expect(() => check.refuseForeign({ headers: { host, ...headers } })).not.toThrow();
  });

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://nodeman.example' },
    { origin: 'https://nodeman.example.evil.example' },
    { origin: 'https://nodeman.example:8443' },
    { origin: 'http://10.0.0.1' },
    { origin: 'file://10.0.0.1:8800' },
    { origin: 'https://evil.example', referer: 'https://nodeman.example/' },
    { referer: 'https://evil.example/?https://nodeman.example' },
    { referer: 'https://nodeman.example@evil.example/' },
    { referer: 'nonsense' },
  ])('refuses %p', (headers) => {
    expect(() => check.refuseForeign({ headers: { host, ...headers } })).toThrow(ForeignOriginError);
  });
});
