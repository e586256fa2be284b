import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import { RequestContext } from './request-context.js';

/** What Nest tells of each module and route at every start: a hundred lines that nobody reads. */
const CHATTER = new Set(['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'NestFactory', 'NestApplication']);

/**
 * Nest's logger on pino: one JSON line an event on stdout, with the request's id and caller while there is one.
 * Nest calls `log(message, ...extras, context)` and `error(message, stack?, context)`.
 */
export class PinoLogger implements LoggerService {
  private readonly pino: Logger;

  constructor(level: string, name: string) {
    this.pino = pino({
      level,
      name,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => {
        const request = RequestContext.current();
        return request ? { requestId: request.requestId, username: request.username } : {};
      },
    });
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(CHATTER.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    this.pino.error({ context, stack: message instanceof Error ? message.stack : stack }, textOf(message));
  }

  private write(level: 'info' | 'warn' | 'debug' | 'trace' | 'fatal', message: unknown, rest: unknown[]): void {
    this.pino[level]({ context: rest.at(-1) }, textOf(message));
  }
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
