import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Env } from '../../env/env.js';
import { type AppError, MethodNotAllowedError, TooManyRequestsError } from '../errors/app-error.js';
import { ERROR_STATUS } from '../errors/error-code.js';
import { allowedMethods } from '../http/allowed-methods.js';
import { RequestContext } from '../logging/request-context.js';
import { refusalOf, statusOf } from './refusal.js';
import { toAppError } from './to-app-error.js';

/** Turns whatever is thrown into the failure envelope, and logs it once when it is our fault. */
@Catch()
export class AppExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(AppExceptionFilter.name);

  constructor(private readonly env: Env) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** Also for requests that never reach Nest's routes. */
  answer(thrown: unknown, request: Request, response: Response): void {
    const facts = RequestContext.current();
    const error = methodRefusal(thrown, request) ?? toAppError(thrown, facts?.requestId ?? '-');
    this.logIfOurs(error, thrown, request);
    if (response.headersSent) {
      // Too late for an envelope: cutting the connection is the only honest sign that the body is not whole.
      response.destroy();
      return;
    }
    if (error instanceof TooManyRequestsError) response.setHeader('Retry-After', error.retryAfterSeconds);
    if (error instanceof MethodNotAllowedError) response.setHeader('Allow', error.allowed);
    // What is refused is not there to be read: an upload that goes on must not hold the connection.
    if (!request.complete) response.setHeader('Connection', 'close');
    response
      .status(statusOf(error.code, this.env.errorHttpStatus))
      .json(refusalOf(error, facts?.locale ?? this.env.defaultLocale));
  }

  private logIfOurs(error: AppError, thrown: unknown, request: Request): void {
    if (ERROR_STATUS[error.code] < 500) return;
    // Only the message and the stack: a query error's parameters may hold what nobody is to read.
    const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.logger.error(`${request.method} ${request.path} failed: ${message}`, stack);
  }
}

/** Only the router throws `NotFoundException`: for paths it does not know, or knows under other methods. */
function methodRefusal(thrown: unknown, request: Request): MethodNotAllowedError | null {
  if (!(thrown instanceof NotFoundException)) return null;
  const allowed = allowedMethods(request);
  return allowed.length > 0 && !allowed.includes(request.method) ? new MethodNotAllowedError(allowed.join(', ')) : null;
}
