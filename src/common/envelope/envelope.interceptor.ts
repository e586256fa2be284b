import { type CallHandler, type ExecutionContext, HttpStatus, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import { OK } from '../errors/error-code.js';
import { RAW_RESPONSE } from './raw-response.decorator.js';

/** The body of every success. */
export interface SuccessEnvelope {
  result: true;
  code: typeof OK;
  message: 'success';
  data: unknown;
}

/** Wraps what handlers return; a success is always 200. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.reflector.getAllAndOverride<boolean>(RAW_RESPONSE, [context.getHandler(), context.getClass()])) {
      return next.handle();
    }
    context.switchToHttp().getResponse<Response>().status(HttpStatus.OK);
    return next
      .handle()
      .pipe(
        map((data: unknown): SuccessEnvelope => ({ result: true, code: OK, message: 'success', data: data ?? null })),
      );
  }
}
