import { isNativeError } from 'node:util/types';
import { QueryFailedError } from 'typeorm';

interface DriverError {
  code?: string;
  constraint?: string;
}

/** Whether Postgres refused a row because of the named unique index or constraint. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return isViolation(error, '23505', constraint);
}

/** Whether Postgres refused a change because of the named foreign key. */
export function isForeignKeyViolation(error: unknown, constraint: string): boolean {
  return isViolation(error, '23503', constraint);
}

/** Whether a text held a NUL, which Postgres cannot store or compare. */
export function isUnstorableText(error: unknown): boolean {
  const code = codeOf(error);
  return code === '22021' || code === '22P05';
}

/** Whether Postgres gave up this statement because two waited for each other: it is to be tried again. */
export function isDeadlock(error: unknown): boolean {
  return codeOf(error) === '40P01';
}

/** Whether Postgres gave up this statement because another one was ahead of it: it is to be tried again. */
export function isSerializationFailure(error: unknown): boolean {
  return codeOf(error) === '40001';
}

/**
 * Whether Postgres could not be reached or went away: worth another try, and no fault of the statement.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html classes 08 and 57P
 */
export function isConnectionError(error: unknown): boolean {
  // Not instanceof: errors of sockets come from outside where code runs in a realm of its own.
  if (!isNativeError(error)) return false;
  const { code } = (error instanceof QueryFailedError ? error.driverError : error) as DriverError;
  if (code && (code.startsWith('08') || code.startsWith('57P') || code === '53300' || CONNECTION_CODES.has(code)))
    return true;
  return CONNECTION_MESSAGE.test(error.message);
}

const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);

/** pg names these only in words. */
const CONNECTION_MESSAGE =
  /Connection terminated|Client has encountered a connection error|not queryable|timeout exceeded when trying to connect|Driver not Connected/i;

function codeOf(error: unknown): string | undefined {
  return error instanceof QueryFailedError ? (error.driverError as DriverError).code : undefined;
}

function isViolation(error: unknown, code: string, constraint: string): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const driverError = error.driverError as DriverError;
  return driverError.code === code && driverError.constraint === constraint;
}
