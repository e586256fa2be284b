import type { ErrorCode } from './error-code.js';

/** When a refusal is answered with a code, and what the caller can do; the first table of docs/errors.md. */
export const ERROR_ABOUT: Readonly<Record<ErrorCode, { when: string; remedy: string }>> = {
  UNAUTHORIZED: {
    when: 'No login, or a session or token that is wrong, expired or revoked',
    remedy: 'Log in again, or make a new token with `POST /api/auth/tokens/`',
  },
  PERMISSION_DENIED: {
    when: 'Logged in, but without the role that this needs in this business; or a write from a foreign web page',
    remedy: 'Ask an administrator for the role; call from the origin of `PUBLIC_URL` or one in `CORS_ORIGINS`',
  },
  METHOD_NOT_ALLOWED: { when: 'The path exists, the method does not', remedy: 'Use one of the methods in `Allow`' },
  OBJECT_NOT_EXIST: {
    when: 'Nothing is at this path, or no such object is in this business',
    remedy: 'Check the path and the id; look the object up in its list',
  },
  VALIDATE_ERROR: { when: 'A field is wrong', remedy: '`messages` names each field and what it should be' },
  FORM_VALIDATE_ERROR: {
    when: 'The request as a whole is wrong: unreadable or too large body, nothing named to act on',
    remedy: '`message` says what is missing; bodies are JSON or flat forms of at most 8 MiB',
  },
  NGINX_SETTING_ERROR: {
    when: 'An installation needs the `nginx` setting, and it is not set',
    remedy: 'An administrator sets it: `POST /api/config/kv/` with `key=nginx`',
  },
  REMOTE_CALL_ERROR: {
    when: 'A remote service (the CMDB) could not be reached or timed out',
    remedy: 'Check that it runs and can be reached, then repeat',
  },
  COMPONENT_CALL_ERROR: {
    when: 'A remote component answered, and refused or made no sense',
    remedy: '`message` quotes its answer',
  },
  SERVER_500_ERROR: {
    when: 'A bug of ours',
    remedy: 'Give the request id in `message` to whoever can read the log; the same id stands there',
  },
  FATAL_ERROR: {
    when: 'PostgreSQL, without which nothing works, is down',
    remedy: 'See `GET /api/health/ready`; repeat when it is back: nothing was half done',
  },
  TOO_MANY_REQUESTS: { when: 'A rate limit was passed', remedy: 'Wait for the seconds in `Retry-After`' },
};
