import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

const logger = new Logger('Http');

/** One line a request, without its query: people paste secrets into addresses. */
export function requestLog(request: Request, response: Response, next: NextFunction): void {
  const startedAt = Date.now();
  const { method, path } = request;
  response.once('close', () => {
    const cut = response.writableFinished ? '' : ' (cut off)';
    logger.debug(`${method} ${path} ${response.statusCode} ${Date.now() - startedAt} ms${cut}`);
  });
  next();
}
