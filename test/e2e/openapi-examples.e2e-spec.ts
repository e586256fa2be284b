import { ADMIN, type ApiClient, startApi, type TestApi } from '../support/api.js';
import { bodyOf, type MediaType, PASSWORD_PATHS, type SchemaObject, type Schemas } from '../support/openapi-samples.js';

interface Parameter {
  name: string;
  in: string;
  example?: unknown;
  schema?: SchemaObject;
}
interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, MediaType> };
}
interface Route extends Operation {
  method: string;
  path: string;
}

let api: TestApi;
let schemas: Schemas;
let routes: Route[];

beforeAll(async () => {
  api = await startApi();
  const { body } = await api.anonymous.get('/api/docs-json');
  schemas = body.components.schemas;
  routes = Object.entries<Record<string, Operation>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation })),
  );
});
afterAll(() => api?.close());

/** What Swagger UI puts into its fields by itself, before anybody types. */
function prefilled({ path, parameters = [] }: Route): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, example, schema } of parameters) {
    const value = example ?? schema?.example ?? schema?.default;
    if (place === 'path') filled = filled.replace(`{${name}}`, String(value ?? 'nothing-put-in'));
    else if (place === 'query' && value !== undefined && value !== '') query.set(name, String(value));
  }
  const search = query.toString();
  return search ? `${filled}?${search}` : filled;
}

const find = (method: string, path: string): Route => {
  const route = routes.find((each) => each.method === method && each.path === path);
  if (!route) throw new Error(`no route ${method} ${path}`);
  return route;
};

async function execute(client: ApiClient, route: Route, type: string) {
  const { method } = route;
  const sample = bodyOf(route.requestBody!.content[type]!, schemas);
  const isForm = type.endsWith('urlencoded');
  const body = isForm
    ? new URLSearchParams(
        Object.entries(sample).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString()
    : JSON.stringify(sample);
  return client.request(method, prefilled(route), { body, headers: { 'content-type': type } });
}

describe('what a person sees in Swagger UI', () => {
  it('has an example for each part of a path', () => {
    const empty = routes.filter((route) => prefilled(route).includes('nothing-put-in'));
    expect(empty.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it('starts with a login that lacks nothing but the password', async () => {
    const { requestBody } = find('POST', '/api/auth/login');
    const sample = bodyOf(requestBody!.content['application/json']!, schemas);
    expect(Object.keys(sample)).toEqual(['username', 'password']);
    const asItIs = await api.anonymous.post('/api/auth/login', sample);
    expect([asItIs.status, asItIs.body.code]).toEqual([401, 'UNAUTHORIZED']);
    const answer = await api.anonymous.post('/api/auth/login', { ...sample, password: ADMIN.password });
    expect([answer.status, answer.body.code]).toEqual([200, 'OK']);
  });

  it('works on a fresh server when it is sent as it is, in the order of a first visit', async () => {
    const first: [string, string][] = [
      ['POST', '/api/config/kv'],
      ['POST', '/api/cmdb/{bk_biz_id}/sets'],
      ['POST', '/api/cmdb/{bk_biz_id}/modules'],
      ['POST', '/api/cmdb/applications'],
      ['POST', '/api/{bk_biz_id}/clouds'],
      ['POST', '/api/auth/users'],
      ['POST', '/api/auth/tokens'],
      ['POST', '/api/{bk_biz_id}/hosts/check'],
      ['POST', '/api/{bk_biz_id}/hosts/proxy/check'],
    ];
    for (const [method, path] of first) {
      const { status, body } = await execute(api.admin, find(method, path), 'application/json');
      expect([method, path, status, body.messages]).toEqual([method, path, 200, undefined]);
    }
    await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '127.0.0.1:8800' });
    const task = await execute(api.admin, find('POST', '/api/{bk_biz_id}/tasks'), 'application/json');
    expect([task.status, task.body.messages]).toEqual([200, undefined]);
  });

  it('is never a complaint about a field or a bug of ours, in JSON or as a form', async () => {
    for (const route of routes.filter(({ path }) => !PASSWORD_PATHS.includes(path))) {
      for (const type of Object.keys(route.requestBody?.content ?? {})) {
        if (type.startsWith('multipart')) continue;
        const { status, body } = await execute(api.admin, route, type);
        const isTaken = JSON.stringify(body.messages ?? {}).match(/已存在|已被使用|占用|重名|正在执行/) !== null;
        const fine = ['OK', 'OBJECT_NOT_EXIST', 'FORM_VALIDATE_ERROR', 'UNAUTHORIZED'].includes(body.code) || isTaken;
        expect([route.method, route.path, type, status, fine ? 'fine' : body]).toEqual([
          ...[route.method, route.path, type, status, 'fine'],
        ]);
      }
    }
  });

  it('shows what can be asked of hosts, each example good as it is, in their order', async () => {
    await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '127.0.0.1:8800', outer_ip: '127.0.0.1:8800' });
    const { examples = {} } = find('POST', '/api/{bk_biz_id}/tasks').requestBody!.content['application/json']!;
    expect(Object.keys(examples)).toEqual(expect.arrayContaining(['precheck', 'proxy', 'upgrade']));
    const running = await api.admin.get('/api/1/tasks/?status=RUNNING');
    for (const { id } of running.body.data.items) await api.admin.delete(`/api/1/tasks/${id}/`);
    for (const [name, { value }] of Object.entries(examples)) {
      const { body } = await api.admin.post('/api/1/tasks/', value);
      expect([name, body.code, body.messages]).toEqual([name, 'OK', undefined]);
      await api.admin.delete(`/api/1/tasks/${body.data.id}/`);
    }
  });

  it('of what is read is answered, with the parameters that are put in already', async () => {
    await api.admin.delete(prefilled(find('DELETE', '/api/{bk_biz_id}/tasks/{job_id}'))); // else its log goes on
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const { status, body } = await api.admin.get(prefilled(route));
      const fine = status === 200 || body.code === 'OBJECT_NOT_EXIST';
      expect([route.path, status, fine ? 'fine' : body]).toEqual([route.path, status, 'fine']);
    }
  });
});
