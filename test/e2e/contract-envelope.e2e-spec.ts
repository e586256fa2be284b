import { connect } from 'node:net';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';
import { aHost, aJob, aRun } from '../support/factories.js';

let api: TestApi;
/** Every endpoint of the contract, with what makes it answer something else than a complaint about its input. */
let endpoints: [method: string, path: string, query: string, body?: object][];

beforeAll(async () => {
  api = await startApi();
  const host = await aHost(api.dataSource);
  const job = await aJob(api.dataSource);
  const run = await aRun(api.dataSource, job, host, { status: 'SUCCESS' });
  await api.dataSource.query('UPDATE hosts SET run_id = $1, job_id = $2 WHERE id = $3', [run.id, job.id, host.id]);
  const { body } = await api.admin.post('/api/1/clouds/', { bk_cloud_name: 'north' });
  endpoints = [
    ['GET', '/api/config/kv', '?key=timeout'],
    ['POST', '/api/config/kv', '', { key: 'timeout', timeout: '200' }],
    ['GET', '/api/1/hosts', ''],
    ['GET', '/api/1/host_status', `?host_ids=${host.id}`],
    ['GET', '/api/1/clouds', ''],
    ['POST', '/api/1/clouds', '', { bk_cloud_name: 'north' }],
    ['GET', `/api/1/clouds/${body.data.bk_cloud_id}`, ''],
    ['PATCH', `/api/1/clouds/${body.data.bk_cloud_id}`, '', { bk_cloud_name: 'north' }],
    ['GET', '/api/1/tasks', ''],
    ['POST', '/api/1/tasks', '', { op_type: 'INSTALL', node_type: 'AGENT', bk_cloud_id: '0', hosts: [] }],
    ['GET', `/api/1/tasks/${job.id}`, ''],
    ['DELETE', `/api/1/tasks/${job.id}`, ''],
    ['DELETE', '/api/1/tasks/bulk', `?jobs=${job.id}`],
    ['POST', `/api/1/tasks/${job.id}/retry`, '', {}],
    ['GET', `/api/1/logs/${host.id}`, ''],
    ['POST', '/api/1/hosts/check', '', { hosts: ['192.0.2.1'], bk_cloud_id: '0' }],
    ['POST', '/api/1/hosts/proxy/check', '', { bk_cloud_id: '0' }],
    ['GET', '/api/cmdb/applications', ''],
    ['GET', '/api/cmdb/1/topo', '?add_hosts=1'],
  ];
});
afterAll(() => api?.close());

const REFUSAL_KEYS = ['code', 'data', 'message', 'messages', 'result'];

describe('every endpoint', () => {
  it('answers with and without its trailing slash alike, and never redirects', async () => {
    for (const [method, path, query, body] of endpoints) {
      const without = await api.admin.request(method, `${path}${query}`, { body });
      const withSlash = await api.admin.request(method, `${path}/${query}`, { body });
      expect([path, without.status]).toEqual([path, withSlash.status]);
      expect([path, without.body]).toEqual([path, withSlash.body]);
    }
  });

  it('ignores query and body fields that it does not know', async () => {
    const noise = { isAjax: '1', csrfmiddlewaretoken: 'x', constructor: 'y', toString: 'z' };
    for (const [method, path, query, body] of endpoints) {
      const plain = await api.admin.request(method, `${path}/${query}`, { body });
      const noisy = await api.admin.request(
        method,
        `${path}/${query ? `${query}&` : '?'}isAjax=1&csrf[a]=2&__proto__=3`,
        {
          body: body && { ...noise, ...body },
        },
      );
      expect([path, noisy.body]).toEqual([path, plain.body]);
    }
  });

  it('is closed to who is not logged in, and says so in the envelope with 401', async () => {
    for (const [method, path, query, body] of endpoints) {
      const answer = await api.anonymous.request(method, `${path}/${query}`, { body });
      expect([path, answer.status, answer.body]).toEqual([
        path,
        401,
        { result: false, code: 'UNAUTHORIZED', message: expect.any(String), messages: {}, data: null },
      ]);
    }
  });

  it('refuses methods that it does not have with 405, Allow and the envelope', async () => {
    for (const path of new Set(endpoints.map(([, each]) => each))) {
      const known = endpoints.filter(([, each]) => each === path).map(([method]) => method);
      const { headers } = await api.admin.request('PUT', `${path}/`);
      const allow = (headers.get('allow') ?? '').split(', ');
      expect([path, allow]).toEqual([path, expect.arrayContaining(known)]);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((each) => !allow.includes(each))) {
        const { status, body } = await api.admin.request(method, `${path}/`);
        expect([method, path, status, body]).toEqual([
          method,
          path,
          405,
          { result: false, code: 'METHOD_NOT_ALLOWED', message: expect.any(String), messages: {}, data: null },
        ]);
      }
    }
  });

  it('answers success with exactly four keys and refusals with exactly five, whatever it is asked', async () => {
    for (const [method, path, query] of endpoints) {
      for (const body of [undefined, {}, [], 'null', '"x"', '{"__proto__":{"op_type":"INSTALL"}}']) {
        if (method === 'GET' && body !== undefined) continue;
        const headers = { 'content-type': 'application/json' };
        const answer = await api.admin.request(method, `${path}/${query}`, { body, headers });
        const keys = Object.keys(answer.body).sort();
        if (answer.body.result) {
          expect([path, answer.status, keys]).toEqual([path, 200, ['code', 'data', 'message', 'result']]);
          expect([answer.body.code, answer.body.message]).toEqual(['OK', 'success']);
        } else {
          expect([path, keys, answer.body.data]).toEqual([path, REFUSAL_KEYS, null]);
          expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
        }
      }
    }
  });

  it('gives its answer the request id, whatever the answer is', async () => {
    const asked: [ApiClient, string, string][] = [
      [api.admin, 'GET', '/api/1/hosts/'],
      [api.anonymous, 'GET', '/api/1/hosts/'],
      [api.admin, 'PUT', '/api/1/hosts/'],
      [api.admin, 'GET', '/api/1/logs/999999/'],
      [api.admin, 'GET', '/download/none.tgz'],
      [api.anonymous, 'GET', '/api/docs-json'],
      [api.anonymous, 'GET', '/api/health/ready'],
    ];
    for (const [client, method, path] of asked) {
      const { headers } = await client.request(method, path, { headers: { 'x-request-id': 'of-a-client.1' } });
      expect([path, headers.get('x-request-id')]).toEqual([path, 'of-a-client.1']);
    }
  });
});

describe('requests that no endpoint was made for', () => {
  it.each([
    ['GET', '/api/1/tasks/%E0%A4%A/'],
    ['GET', '/api/%2e%2e/1/hosts/'],
    ['GET', '/api//1//hosts'],
    ['GET', '/api/1/hosts/check/more/'],
    ['GET', `/api/1/${'x'.repeat(5_000)}`],
    ['OPTIONS', '/api/1/nowhere/'],
    ['PROPFIND', '/api/1/hosts/'],
    ['OPTIONS', '/api/1/hosts/'],
  ])('%s %s are answered in the envelope', async (method, path) => {
    const { status, body } = await api.admin.request(method, path);
    expect([status >= 400 && status < 500, Object.keys(body).sort()]).toEqual([true, REFUSAL_KEYS]);
  });

  it('such as a HEAD get the headers of the GET', async () => {
    const { status, body, headers } = await api.admin.request('HEAD', '/api/1/hosts/');
    expect([status, body, headers.get('content-type')]).toEqual([200, '', expect.stringContaining('json')]);
  });

  it('such as bytes that are no HTTP are answered in the envelope', async () => {
    const { port } = new URL(api.url);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let seen = '';
      socket.on('data', (chunk) => (seen += chunk.toString()));
      socket.on('end', () => resolve(seen)).on('error', reject);
    });
    expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toMatchObject({
      result: false,
      code: 'FORM_VALIDATE_ERROR',
      messages: {},
    });
  });

  it('such as an empty or another body than JSON or a form are taken for one without fields', async () => {
    const sent: [string | undefined, Record<string, string>][] = [
      [undefined, {}],
      ['', { 'content-type': 'application/json' }],
      ['bk_cloud_name=x', { 'content-type': 'text/plain' }],
    ];
    for (const [body, headers] of sent) {
      const answer = await api.admin.request('POST', '/api/1/clouds/', { body, headers });
      expect([answer.status, Object.keys(answer.body.messages)]).toEqual([400, ['bk_cloud_name']]);
    }
  });

  it('such as bodies nested thousands deep are refused, to strangers too', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'deep' };
    for (const [path, field] of [
      ['/api/auth/login', 'username'],
      ['/api/agent/heartbeat', 'processes'],
      ['/api/1/clouds/', 'bk_cloud_name'],
      ['/api/1/hosts/check/', 'hosts'],
      ['/api/1/tasks/', 'unknown'],
    ]) {
      const body = `{"${field}":${path!.includes('agent') ? deep.slice(85_000, 115_000) : deep}}`;
      const answer = await api.admin.request('POST', path!, { body, headers });
      expect([path, answer.status, answer.body.code]).toEqual([path, 400, 'FORM_VALIDATE_ERROR']);
    }
  });

  it('such as a field with a wrong type of value get one complaint about it', async () => {
    const { body } = await api.admin.get('/api/1/hosts/?page=one', { headers: { 'accept-language': 'en' } });
    expect(body.messages).toEqual({ page: ['A valid integer is required.'] });
  });

  it.each([
    ['en-US,en;q=0.9', 'en'],
    ['en;q=0.1, zh;q=0.8', 'zh'],
    ['de, en;q=0.5', 'en'],
    ['*', 'zh'],
    ['', 'zh'],
  ])('in the language %j get messages in %s, and the same codes', async (language, expected) => {
    const { body } = await api.anonymous.get('/api/1/hosts/', { headers: { 'accept-language': language } });
    expect([body.code, /\p{Script=Han}/u.test(body.message) ? 'zh' : 'en']).toEqual(['UNAUTHORIZED', expected]);
  });
});

describe('paged lists', () => {
  const LISTS = ['/api/1/hosts/', '/api/1/tasks/', '/api/1/hosts/removed/'];

  it('have pages from 1 on, ten items each, at most 500', async () => {
    for (const path of LISTS) {
      for (const query of ['', '?page=1&page_size=500', '?page=&page_size=', '?page=3', '?page=2000000']) {
        const { status, body } = await api.admin.get(`${path}${query}`);
        expect([path, query, status, Object.keys(body.data).sort()]).toEqual([
          path,
          query,
          200,
          ['count', 'items', 'next', 'page', 'perevious', 'previous', 'total_page'],
        ]);
        if (query.startsWith('?page=3')) expect([body.data.items, body.data.next]).toEqual([[], null]);
      }
      for (const [field, value] of [
        ['page', '0'],
        ['page', '-1'],
        ['page', 'one'],
        ['page', '1.5'],
        ['page_size', '0'],
        ['page_size', '501'],
        ['page_size', 'x'],
      ] as const) {
        const { status, body } = await api.admin.get(`${path}?${field}=${value}`);
        expect([path, field, value, status, Object.keys(body.messages)]).toEqual([path, field, value, 400, [field]]);
      }
    }
  });
});

describe('a bug of ours', () => {
  it('is told with its request id, without stack or SQL', async () => {
    await api.dataSource.query('ALTER TABLE clouds RENAME COLUMN creator TO creator_x');
    try {
      const answer = await api.admin.get('/api/1/clouds/', { headers: { 'x-request-id': 'find-me-1' } });
      expect([answer.status, answer.body]).toEqual([
        500,
        {
          result: false,
          code: 'SERVER_500_ERROR',
          message: expect.stringContaining('find-me-1'),
          messages: {},
          data: null,
        },
      ]);
      expect(JSON.stringify(answer.body)).not.toMatch(/creator|SELECT|\.ts|\.js/);
    } finally {
      await api.dataSource.query('ALTER TABLE clouds RENAME COLUMN creator_x TO creator');
    }
  });
});
