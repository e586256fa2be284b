import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** Where people read and try the API. */
export const DOCS_PATH = '/api/docs';

const DESCRIPTION = `
nodeman puts agents on fleets of hosts over SSH and tells at any moment what runs where and why not.

**To try it:** open *auth → POST /api/auth/login*, press *Try it out*, put in the password that was printed at the first
start, and execute. The cookie it sets is used by every other call on this page. Programs send
\`Authorization: Bearer <token>\` with a token from *POST /api/auth/tokens/*.

Every answer is \`{result, code, message, data}\`. \`code\` is \`OK\` or names the refusal; \`messages\` then says which field
is wrong. Texts come in the language of \`Accept-Language\` (zh-CN or en). Every path works with and without its last slash.
Refusals have the statuses shown here, unless the server was started with \`ERROR_HTTP_STATUS=200\`: then all but 401 and 403
come with 200, and \`code\` tells.
`;

/** The document of every route that the application has. */
export function createDocument(app: NestExpressApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('nodeman')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addCookieAuth('nodeman_session', { type: 'apiKey', in: 'cookie' }, 'session')
    .addBearerAuth({ type: 'http', description: 'An API token' }, 'token')
    .addSecurityRequirements('session')
    .addSecurityRequirements('token')
    .build();
  return SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
}

/** Swagger UI at `/api/docs`, the document at `/api/docs-json`. */
export function serveDocs(app: NestExpressApplication): void {
  SwaggerModule.setup(DOCS_PATH.slice(1), app, () => createDocument(app), {
    jsonDocumentUrl: 'api/docs-json',
    yamlDocumentUrl: 'api/docs-yaml',
    customSiteTitle: 'nodeman API',
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      docExpansion: 'none',
      tagsSorter: 'alpha',
    },
  });
}
