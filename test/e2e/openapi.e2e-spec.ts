import { Validator } from '@seriousme/openapi-schema-validator';
import { startApi, type TestApi } from '../support/api.js';

interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema?: { properties?: object } }> }>;
}

/** Answered without the envelope, by the contract. */
const RAW = ['/api/health/live', '/api/health/ready', '/api/metrics', '/download/{file}'];

describe('the OpenAPI document', () => {
  let api: TestApi;
  let document: { paths: Record<string, Record<string, Operation>> };

  beforeAll(async () => {
    api = await startApi();
    document = (await api.anonymous.get('/api/docs-json')).body;
  });
  afterAll(() => api.close());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        operation,
      })),
    );

  it('is valid', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('describes every route: summary, tag, path parameters, answers', () => {
    const incomplete = operations().filter(({ path, operation }) => {
      const parameters =
        operation.parameters?.filter((parameter) => parameter.in === 'path').map(({ name }) => name) ?? [];
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      return (
        !operation.summary ||
        !operation.tags?.length ||
        !operation.responses['200'] ||
        named.some((name) => !parameters.includes(name!))
      );
    });
    expect(incomplete.map(({ name }) => name)).toEqual([]);
  });

  it('shows the envelope of every route but the exempt ones', () => {
    const bare = operations().filter(({ path, operation }) => {
      if (RAW.includes(path) || path.endsWith('/stream') || path.endsWith('/stream/')) return false;
      const schema = operation.responses['200']?.content?.['application/json']?.schema;
      return !schema?.properties || !('result' in schema.properties);
    });
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('is shown by Swagger UI', async () => {
    const page = await api.anonymous.get('/api/docs');
    expect(page.status).toBe(200);
    expect(page.body).toContain('swagger-ui');
  });
});
