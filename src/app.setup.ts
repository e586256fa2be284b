import { NotFoundException } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import { json, type NextFunction, type Request, type RequestHandler, type Response, urlencoded } from 'express';
import helmet from 'helmet';
import { HEARTBEAT_PATH, MAX_REPORT_BYTES } from './agents/heartbeat.dto.js';
import { AppExceptionFilter } from './common/envelope/app-exception.filter.js';
import { toAppError } from './common/envelope/to-app-error.js';
import { BodyTooDeepError, isTooDeep } from './common/http/body-depth.js';
import { answerClientErrors } from './common/http/client-error.js';
import { requestContext } from './common/http/request-context.middleware.js';
import { requestLog } from './common/http/request-log.middleware.js';
import { RequestContext } from './common/logging/request-context.js';
import { validationPipe } from './common/validation/validation.pipe.js';
import { Env } from './env/env.js';
import { measureRequests } from './health/http-metrics.middleware.js';
import { DOCS_PATH, serveDocs } from './openapi.js';

/** The largest body of a request, other than an uploaded package. */
const BODY_LIMIT = '8mb';
/** Two thousand ids in a query take up to 28 kB; Node's own limit is 16 kB. */
const MAX_HEADER_BYTES = 65_536;

/** Everything around the routes; the same for the server and for tests. */
export async function setUpApp(app: NestExpressApplication): Promise<void> {
  const env = app.get(Env);
  // What createServer would take as an option; Nest makes the server itself and passes none on.
  Object.assign(app.getHttpServer(), { maxHeaderSize: MAX_HEADER_BYTES });
  answerClientErrors(app.getHttpServer(), env.defaultLocale);
  app.disable('x-powered-by');
  app.set('trust proxy', env.trustProxyHops);
  app.set('query parser', 'simple');
  app.set('etag', false);
  app.use(requestContext(env.defaultLocale), requestLog, measureRequests);
  app.use(securityHeaders(env));
  app.use(compression({ filter: (request, response) => !isStream(response) && compression.filter(request, response) }));
  app.use(HEARTBEAT_PATH, readBody(json({ limit: MAX_REPORT_BYTES })));
  app.use(readBody(json({ limit: BODY_LIMIT })));
  app.use(readBody(urlencoded({ limit: BODY_LIMIT, extended: false, parameterLimit: 1_000 })));
  if (env.corsOrigins.length > 0) {
    app.enableCors({ origin: [...env.corsOrigins], credentials: true, exposedHeaders: ['x-request-id'] });
  }
  app.setGlobalPrefix('api', { exclude: ['download/:file'] });
  app.useGlobalPipes(validationPipe());
  // Being asked to end and doing so is a success: exit code 0, not death by the signal.
  app.enableShutdownHooks([], { useProcessExit: true });
  serveDocs(app);
  await app.init();
  // Nest answers unknown paths below its prefix only; the rest of the server speaks the envelope too.
  const filter = app.get(AppExceptionFilter);
  app.use((request: Request, response: Response) => filter.answer(new NotFoundException(), request, response));
}

/** Nest would replace a parser's error by one of its own, which quotes the body. */
function readBody(parse: RequestHandler): RequestHandler {
  return (request, response, next) =>
    parse(request, response, (error?: unknown) => {
      if (error) next(toAppError(error, RequestContext.current()?.requestId ?? '-'));
      else if (isTooDeep(request.body)) next(new BodyTooDeepError());
      else next();
    });
}

/** Answers of the API run nothing and frame nowhere; only the pages of Swagger UI need scripts and styles of their own. */
function securityHeaders(env: Env) {
  const shared = { hsts: env.publicOrigin.startsWith('https:') };
  const forApi = helmet({
    ...shared,
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  const forDocs = helmet({
    ...shared,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
      },
    },
  });
  return (request: Request, response: Response, next: NextFunction) => {
    const isDocs = request.path === DOCS_PATH || request.path.startsWith(`${DOCS_PATH}/`);
    (isDocs ? forDocs : forApi)(request, response, next);
  };
}

/** Compression would hold back events and break the ranges of packages, which are compressed already. */
function isStream(response: Response): boolean {
  const type = String(response.getHeader('Content-Type') ?? '');
  return type.startsWith('text/event-stream') || response.hasHeader('Accept-Ranges');
}
