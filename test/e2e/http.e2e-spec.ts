import { request as httpRequest } from 'node:http';
import { startApi, type TestApi } from '../support/api.js';

const refusal = (code: string) => ({
  result: false,
  code,
  message: expect.any(String),
  messages: expect.anything(),
  data: null,
});

describe('HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());

  describe('envelope', () => {
    it('wraps a success, always with 200', async () => {
      const login = await api.anonymous.post('/api/auth/login', { username: 'admin', password: 'correct horse 电池' });
      expect(login.status).toBe(200);
      expect(login.body).toEqual({ result: true, code: 'OK', message: 'success', data: expect.any(Object) });
    });

    it.each([
      ['GET', '/'],
      ['GET', '/nowhere'],
      ['POST', '/api/nowhere'],
      ['GET', '/api/1/nowhere/'],
      ['GET', '/download/nothing.tgz'],
    ])('answers %s %s, which does not exist, with OBJECT_NOT_EXIST', async (method, path) => {
      const response = await api.admin.request(method, path);
      expect(response.status).toBe(404);
      expect(response.body).toEqual(refusal('OBJECT_NOT_EXIST'));
    });

    it.each([
      ['DELETE', '/api/config/kv/', 'GET, HEAD, POST'],
      ['PUT', '/api/1/tasks', 'GET, HEAD, POST'],
      ['POST', '/api/1/host_status/', 'GET, HEAD'],
      ['POST', '/download/agent.tgz', 'GET, HEAD'],
    ])('answers %s %s with METHOD_NOT_ALLOWED and what is', async (method, path, allow) => {
      const response = await api.admin.request(method, path);
      expect(response.status).toBe(405);
      expect(response.body).toEqual(refusal('METHOD_NOT_ALLOWED'));
      expect(response.headers.get('allow')).toBe(allow);
    });

    it.each([
      ['JSON that is none', { 'content-type': 'application/json' }, '{"a":'],
      ['a charset that nobody knows', { 'content-type': 'application/json; charset=klingon' }, '{}'],
      ['more than 8 MiB', { 'content-type': 'application/json' }, JSON.stringify({ a: 'x'.repeat(8 * 1024 * 1024) })],
    ])('answers %s with FORM_VALIDATE_ERROR', async (_what, headers, body) => {
      const response = await api.admin.request('POST', '/api/config/kv/', { headers, body });
      expect(response.status).toBe(400);
      expect(response.body).toEqual(refusal('FORM_VALIDATE_ERROR'));
      expect(JSON.stringify(response.body)).not.toContain('"a"');
    });

    it('takes a body of nearly 8 MiB', async () => {
      const response = await api.admin.post('/api/1/hosts/check/', {
        bk_cloud_id: '0',
        hosts: [],
        pad: 'x'.repeat(8_000_000),
      });
      expect(response.body.code).not.toBe('FORM_VALIDATE_ERROR');
    });

    it('answers a head that is too large', async () => {
      const response = await fetch(`${api.url}/api/health/live?${'x'.repeat(70_000)}`);
      expect(response.status).toBe(431);
      expect(await response.json()).toEqual(refusal('FORM_VALIDATE_ERROR'));
    });

    it('takes no NUL for a bug of its own', async () => {
      const response = await api.admin.get('/api/1/hosts/?version=a%00b');
      expect(response.status).toBe(400);
    });
  });

  describe('languages', () => {
    it.each([
      ['en', /first/],
      ['zh-CN', /登录/],
      ['fr', /登录/],
    ])('speaks %s', async (language, words) => {
      const response = await api.anonymous.get('/api/1/hosts/', { headers: { 'accept-language': language } });
      expect(response.body).toMatchObject({ code: 'UNAUTHORIZED', message: expect.stringMatching(words) });
    });
  });

  describe('headers', () => {
    it('gives each answer a request id, the own one of the caller when it is harmless', async () => {
      const own = await api.anonymous.get('/api/health/live', { headers: { 'x-request-id': 'abc-123' } });
      expect(own.headers.get('x-request-id')).toBe('abc-123');
      const hostile = await api.anonymous.get('/nowhere', { headers: { 'x-request-id': 'a b"<script>' } });
      expect(hostile.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('sends safe headers, and none that tells what we are made of', async () => {
      const { headers } = await api.anonymous.get('/api/health/live');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    });

    it('lets no other web page read answers', async () => {
      const { headers } = await api.anonymous.get('/api/health/live', { headers: { origin: 'https://evil.example' } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    });

    it('compresses what is worth it', async () => {
      const encoding = await new Promise((resolve, reject) => {
        httpRequest(`${api.url}/api/docs-json`, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.headers['content-encoding']));
        })
          .on('error', reject)
          .end();
      });
      expect(encoding).toBe('gzip');
    });
  });

  it('takes every path with and without its last slash, without a redirect', async () => {
    for (const path of ['/api/1/hosts', '/api/1/hosts/', '/api/cmdb/applications', '/api/cmdb/applications/']) {
      expect((await api.admin.get(path)).status).toBe(200);
    }
  });

  it('takes forms as well as JSON', async () => {
    const form = new URLSearchParams({ key: 'timeout', timeout: '200', csrfmiddlewaretoken: 'x', isAjax: '1' });
    const response = await api.admin.post('/api/config/kv/', form);
    expect(response.body).toMatchObject({ code: 'OK', data: { timeout: '200' } });
  });

  it('is ready while Postgres, Redis and migrations are', async () => {
    const response = await api.anonymous.get('/api/health/ready');
    expect(response.body).toEqual({ status: 'ok', checks: { postgres: 'ok', redis: 'ok', migrations: 'ok' } });
  });

  it('shows metrics to administrators', async () => {
    const metrics = await api.admin.get('/api/metrics');
    expect(metrics.body).toMatch(
      /^nodeman_http_request_duration_seconds_count\{.*route="\/api\/:bk_biz_id\/hosts".*\} \d+$/m,
    );
    expect(metrics.body).toMatch(/^nodeman_runs_active\{status="QUEUE"\} 0$/m);
  });
});

describe('HTTP with ERROR_HTTP_STATUS=200', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ errorHttpStatus: '200', defaultLocale: 'en' });
  });
  afterAll(() => api.close());

  it('answers refusals with 200, and their code', async () => {
    const missing = await fetch(`${api.url}/api/nowhere`);
    expect([missing.status, ((await missing.json()) as { code: string }).code]).toEqual([200, 'OBJECT_NOT_EXIST']);
  });

  it('keeps 401 and 403', async () => {
    expect((await fetch(`${api.url}/api/1/hosts/`)).status).toBe(401);
    const viewer = await api.userWith({ 1: 'viewer' });
    expect((await viewer.post('/api/config/kv/', { key: 'timeout', timeout: 100 })).status).toBe(403);
  });

  it('speaks the default language', async () => {
    const missing = (await (await fetch(`${api.url}/api/nowhere`)).json()) as { message: string };
    expect(missing.message).toMatch(/^There is nothing/);
  });
});
