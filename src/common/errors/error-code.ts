/**
 * Every code that the envelope can carry, with the HTTP status of each under `ERROR_HTTP_STATUS=semantic`.
 * @see docs/errors.md
 */
export const ERROR_STATUS = {
  UNAUTHORIZED: 401,
  PERMISSION_DENIED: 403,
  METHOD_NOT_ALLOWED: 405,
  OBJECT_NOT_EXIST: 404,
  VALIDATE_ERROR: 400,
  FORM_VALIDATE_ERROR: 400,
  NGINX_SETTING_ERROR: 409,
  REMOTE_CALL_ERROR: 502,
  COMPONENT_CALL_ERROR: 502,
  SERVER_500_ERROR: 500,
  FATAL_ERROR: 503,
  TOO_MANY_REQUESTS: 429,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** The code of a success. */
export const OK = 'OK';
