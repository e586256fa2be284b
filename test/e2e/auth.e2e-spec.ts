import { jest } from '@jest/globals';
import { AdminBootstrap } from '../../src/auth/admin-bootstrap.js';
import { HashingQueue } from '../../src/auth/hashing-queue.js';
import { ADMIN, type ApiClient, type ApiResponse, startApi, type TestApi } from '../support/api.js';
import { aTestEnv } from '../support/env.js';

const PASSWORD = 'a password of a user';

let api: TestApi;
let userCount = 0;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface NewUser {
  id: number;
  username: string;
  client: ApiClient;
}

async function aUser(fields: Record<string, unknown> = {}): Promise<NewUser> {
  const username = `auth.user${++userCount}`;
  const { status, body } = await api.admin.post('/api/auth/users/', { username, password: PASSWORD, ...fields });
  expect(status).toBe(200);
  return { id: body.data.id, username, client: await api.anonymous.login(username, PASSWORD) };
}

const change = (user: { id: number }, fields: unknown) =>
  api.admin.request('PATCH', `/api/auth/users/${user.id}/`, { body: fields });
const isIn = async (client: ApiClient) => (await client.get('/api/auth/me')).status === 200;
const cookieOf = ({ headers }: ApiResponse) => headers.getSetCookie()[0] ?? '';
const withCookie = (response: ApiResponse) => api.anonymous.with({ cookie: cookieOf(response).split(';')[0]! });
const withToken = (token: string) => api.anonymous.with({ authorization: `Bearer ${token}` });
const aToken = async (
  client: ApiClient,
  fields: Record<string, unknown> = {},
): Promise<{ id: number; token: string }> =>
  (await client.post('/api/auth/tokens/', { name: 'a token', ...fields })).body.data;

describe('login', () => {
  it('answers who it is and sets a cookie that scripts and other sites cannot use', async () => {
    const response = await api.anonymous.post('/api/auth/login', ADMIN);
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      result: true,
      code: 'OK',
      message: 'success',
      data: { username: 'admin', is_admin: true, roles: [], expires_at: expect.any(String) },
    });
    expect(cookieOf(response)).toMatch(
      /^nodeman_session=[\w-]{43}; Max-Age=4(3199|3200); Path=\/; .*HttpOnly; SameSite=Lax$/,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    const expiresInMs = Date.parse(response.body.data.expires_at) - Date.now();
    expect(expiresInMs / 3_600_000).toBeCloseTo(12, 1);
  });

  it('takes a form, with and without the last slash, and the name in any case', async () => {
    const form = new URLSearchParams({ username: 'ADMIN', password: ADMIN.password, isAjax: '1' });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await api.anonymous.post('/api/auth/login/', form, { headers });
    expect(response.body.data).toMatchObject({ username: 'admin', is_admin: true });
  });

  it('says the same to an unknown name, a wrong password, a locked user and a name that nobody can have', async () => {
    const locked = await aUser();
    await change(locked, { is_locked: true });
    const answers = await Promise.all(
      [
        { username: 'nobody', password: PASSWORD },
        { username: 'admin', password: PASSWORD },
        { username: locked.username, password: PASSWORD },
        { username: 'a\u0000b', password: PASSWORD },
        { username: "' OR 1=1 --", password: PASSWORD },
        { username: '管理员', password: PASSWORD },
      ].map((body) => api.anonymous.post('/api/auth/login', body, { headers: { 'accept-language': 'en' } })),
    );
    for (const { status, body, headers } of answers) {
      expect(status).toBe(401);
      expect(body).toEqual({
        result: false,
        code: 'UNAUTHORIZED',
        message: 'The user name or the password is wrong',
        messages: {},
        data: null,
      });
      expect(headers.getSetCookie()).toEqual([]);
    }
  });

  it('names missing and misshapen fields', async () => {
    const { status, body } = await api.anonymous.post('/api/auth/login', { username: '', password: ['x'] });
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', ['username', 'password']]);
  });

  it('is refused to a page of another origin', async () => {
    const headers = { origin: 'https://evil.example' };
    const { status, body } = await api.anonymous.post('/api/auth/login', ADMIN, { headers });
    expect([status, body.code]).toEqual([403, 'PERMISSION_DENIED']);
  });
});

describe('a session', () => {
  it('shows its user, with the roles', async () => {
    const { client, username } = await aUser({ roles: [{ bk_biz_id: 1, role: 'viewer' }] });
    const { body } = await client.get('/api/auth/me/');
    expect(body.data).toEqual({
      username,
      is_admin: false,
      roles: [{ bk_biz_id: '1', role: 'viewer' }],
      expires_at: expect.any(String),
    });
  });

  it('is kept as a hash', async () => {
    const response = await api.anonymous.post('/api/auth/login', ADMIN);
    const secret = /nodeman_session=([^;]+)/.exec(cookieOf(response))![1]!;
    const rows = await api.dataSource.query('SELECT s::text AS row FROM sessions s');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('ends with its logout, and only it', async () => {
    const { client, username } = await aUser();
    const other = await api.anonymous.login(username, PASSWORD);
    const response = await client.post('/api/auth/logout');
    expect([response.status, response.body.data]).toEqual([200, null]);
    expect(cookieOf(response)).toMatch(/^nodeman_session=; Path=\/; Expires=Thu, 01 Jan 1970/);
    expect([await isIn(client), await isIn(other)]).toEqual([false, true]);
  });

  it('ends when its time is over, and is swept out by the next login', async () => {
    const { client, id, username } = await aUser();
    await api.dataSource.query(`UPDATE sessions SET expires_at = now() WHERE user_id = $1`, [id]);
    expect(await isIn(client)).toBe(false);
    await api.anonymous.login(username, PASSWORD);
    const [{ count }] = await api.dataSource.query('SELECT count(*)::int FROM sessions WHERE expires_at <= now()');
    expect(count).toBe(0);
  });

  it.each([
    ['no cookie', {}],
    ['an empty cookie', { cookie: 'nodeman_session=' }],
    ['a cookie of nobody', { cookie: 'nodeman_session=AAAA' }],
    ['a bearer token of nobody', { authorization: 'Bearer nm_AAAA' }],
    ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
  ])('is needed: %s is refused', async (_what, headers) => {
    const response = await api.anonymous.with(headers as Record<string, string>).get('/api/auth/me');
    expect([response.status, response.body.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="nodeman"');
  });

  it('does not make up for a bad bearer token, and stands in for another scheme', async () => {
    expect(await isIn(api.admin.with({ authorization: 'Bearer nm_AAAA' }))).toBe(false);
    expect(await isIn(api.admin.with({ authorization: 'Basic YWRtaW46YWRtaW4=' }))).toBe(true);
  });

  it('writes only for pages of our own', async () => {
    const write = async (client: ApiClient, headers: Record<string, string>) =>
      (await client.post('/api/auth/tokens/', { name: 'x' }, { headers })).status;
    expect(await write(api.admin, { origin: 'https://evil.example' })).toBe(403);
    expect(await write(api.admin, { origin: 'null' })).toBe(403);
    expect(await write(api.admin, { referer: 'https://evil.example/page' })).toBe(403);
    expect(await write(api.admin, { origin: new URL(api.url).origin })).toBe(200);
    expect(await write(api.admin, {})).toBe(200);
    const { token } = await aToken(api.admin);
    expect(await write(withToken(token), { origin: 'https://evil.example' })).toBe(200);
    expect(await isIn(api.admin.with({ origin: 'https://evil.example' }))).toBe(true);
  });

  it('has a Secure cookie when people come by https', async () => {
    const other = await startApi({ publicUrl: 'https://nodeman.example' });
    try {
      const headers = { origin: 'https://nodeman.example' };
      const response = await other.anonymous.post('/api/auth/login', ADMIN, { headers });
      expect(cookieOf(response)).toContain('; Secure');
    } finally {
      await other.close();
    }
  });
});

describe('the guard', () => {
  const PUBLIC = /^(\/api\/auth\/login|\/api\/agent\/heartbeat|\/api\/health\/\w+|\/download\/.*)$/;

  it('refuses strangers on every route of the document but those that are known to be public', async () => {
    const { body: document } = await api.anonymous.get('/api/docs-json');
    const wrong: string[] = [];
    let guarded = 0;
    for (const [template, operations] of Object.entries<Record<string, { security?: object[] }>>(document.paths)) {
      const path = template.replace(/\{[^}]+\}/g, '1');
      for (const [method, { security }] of Object.entries(operations)) {
        const isSaidToBePublic = security?.some((requirement) => Object.keys(requirement).length === 0) ?? false;
        if (isSaidToBePublic !== PUBLIC.test(path))
          wrong.push(`${method} ${template} is documented as public: ${isSaidToBePublic}`);
        if (PUBLIC.test(path)) continue;
        guarded += 1;
        const { status } = await fetch(`${api.url}${path}`, { method: method.toUpperCase() });
        if (status !== 401) wrong.push(`${method} ${template} answers a stranger with ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(guarded).toBeGreaterThan(10);
  });

  it('leaves unknown routes and methods to the router', async () => {
    expect((await api.anonymous.get('/api/nothing/here')).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.anonymous.get('/api/auth/login')).body.code).toBe('METHOD_NOT_ALLOWED');
  });

  it('asks for a role in the business of the path', async () => {
    const viewer = (await aUser({ roles: [{ bk_biz_id: '1', role: 'viewer' }] })).client;
    const operator = (await aUser({ roles: [{ bk_biz_id: '1', role: 'operator' }] })).client;
    const stranger = (await aUser()).client;
    const codes = async (client: ApiClient) => [
      (await client.get('/api/1/clouds/')).body.code,
      (await client.post('/api/1/clouds/', {})).body.code,
      (await client.get('/api/auth/users/')).body.code,
    ];
    expect(await codes(viewer)).toEqual(['OK', 'PERMISSION_DENIED', 'PERMISSION_DENIED']);
    expect(await codes(operator)).toEqual(['OK', 'VALIDATE_ERROR', 'PERMISSION_DENIED']);
    expect(await codes(stranger)).toEqual(['PERMISSION_DENIED', 'PERMISSION_DENIED', 'PERMISSION_DENIED']);
    expect(await codes(api.admin)).toEqual(['OK', 'VALIDATE_ERROR', 'OK']);
  });

  it.each(['99', '0', '-1', '1.0', 'abc', '01', '2147483648', '99999999999999999999', '%00', '1%27'])(
    'tells only administrators that there is no business %s',
    async (id) => {
      const { client } = await aUser({ roles: [{ bk_biz_id: '1', role: 'operator' }] });
      const answer = async (who: ApiClient) => (await who.get(`/api/${id}/clouds/`)).body.code;
      expect(await answer(client)).toBe('PERMISSION_DENIED');
      expect(await answer(api.admin)).toBe('OBJECT_NOT_EXIST');
    },
  );

  it('lets a change of roles count from the next request on', async () => {
    const user = await aUser({ roles: [{ bk_biz_id: '1', role: 'operator' }] });
    await change(user, { roles: [] });
    expect((await user.client.get('/api/1/clouds/')).body.code).toBe('PERMISSION_DENIED');
    await change(user, { roles: [{ bk_biz_id: 1, role: 'viewer' }] });
    expect((await user.client.get('/api/1/clouds/')).body.code).toBe('OK');
  });
});

describe('an API token', () => {
  it('is shown once, works, and is kept as a hash', async () => {
    const { client, username } = await aUser();
    const { body } = await client.post('/api/auth/tokens/', { name: 'ci' });
    expect(body.data).toEqual({
      id: expect.any(Number),
      name: 'ci',
      token: expect.stringMatching(/^nm_[\w-]{43}$/),
      created_time: expect.any(String),
      expires_at: expect.any(String),
      last_used_at: null,
    });
    expect((Date.parse(body.data.expires_at) - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    const me = await withToken(body.data.token).get('/api/auth/me');
    expect(me.body.data).toMatchObject({ username, expires_at: body.data.expires_at });
    const list = await client.get('/api/auth/tokens/');
    expect(list.body.data).toHaveLength(1);
    expect(JSON.stringify(list.body)).not.toContain(body.data.token);
    const rows = await api.dataSource.query('SELECT t::text AS row FROM api_tokens t');
    expect(JSON.stringify(rows)).not.toContain(body.data.token.slice(3));
  });

  it('says when it was used, to the minute', async () => {
    const { client } = await aUser();
    const { id, token } = await aToken(client);
    const lastUsed = async () =>
      (await client.get('/api/auth/tokens/')).body.data.find((each: { id: number }) => each.id === id).last_used_at;
    await withToken(token).get('/api/auth/me');
    const first = await lastUsed();
    expect(Date.now() - Date.parse(first)).toBeLessThan(30_000);
    await withToken(token).get('/api/auth/me');
    expect(await lastUsed()).toBe(first);
    await api.dataSource.query(`UPDATE api_tokens SET last_used_at = now() - interval '61 seconds' WHERE id = $1`, [
      id,
    ]);
    await withToken(token).get('/api/auth/me');
    expect(Date.parse(await lastUsed())).toBeGreaterThanOrEqual(Date.parse(first));
  });

  it('ends when it expires and when it is deleted', async () => {
    const { client } = await aUser();
    const [expiring, deleted] = [await aToken(client, { expires_in_days: 1 }), await aToken(client)];
    expect(await isIn(withToken(expiring.token))).toBe(true);
    await api.dataSource.query('UPDATE api_tokens SET expires_at = now() WHERE id = $1', [expiring.id]);
    expect((await client.delete(`/api/auth/tokens/${deleted.id}/`)).body).toMatchObject({ code: 'OK', data: null });
    expect([await isIn(withToken(expiring.token)), await isIn(withToken(deleted.token))]).toEqual([false, false]);
    expect((await client.delete(`/api/auth/tokens/${deleted.id}/`)).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('of somebody else does not exist, for administrators too', async () => {
    const { id, token } = await aToken((await aUser()).client);
    const other = await aUser();
    expect((await other.client.get('/api/auth/tokens/')).body.data).toEqual([]);
    for (const client of [other.client, api.admin]) {
      expect((await client.delete(`/api/auth/tokens/${id}/`)).body.code).toBe('OBJECT_NOT_EXIST');
    }
    expect(await isIn(withToken(token))).toBe(true);
  });

  it('lasts for ever only when an administrator says so', async () => {
    const { client } = await aUser();
    const never = { name: 'x', expires_in_days: null };
    expect((await client.post('/api/auth/tokens/', never)).body.code).toBe('PERMISSION_DENIED');
    expect((await api.admin.post('/api/auth/tokens/', never)).body.data.expires_at).toBeNull();
  });

  it.each([
    [{ name: 'x', expires_in_days: 0 }, 'expires_in_days'],
    [{ name: 'x', expires_in_days: 3651 }, 'expires_in_days'],
    [{ name: 'x', expires_in_days: 'soon' }, 'expires_in_days'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{}, 'name'],
  ])('is not made of %p', async (body, field) => {
    const response = await api.admin.post('/api/auth/tokens/', body);
    expect([response.body.code, Object.keys(response.body.messages)]).toEqual(['VALIDATE_ERROR', [field]]);
  });

  it('is not touched by a logout', async () => {
    const { token } = await aToken((await aUser()).client);
    expect((await withToken(token).post('/api/auth/logout')).status).toBe(200);
    expect(await isIn(withToken(token))).toBe(true);
  });

  it('is one of at most a hundred', async () => {
    const { client, id } = await aUser();
    await api.dataSource.query(
      `INSERT INTO api_tokens (user_id, name, token_hash) SELECT $1::int, 'x', $1::int || '-' || n FROM generate_series(1, 100) n`,
      [id],
    );
    expect((await client.post('/api/auth/tokens/', { name: 'x' })).body.code).toBe('FORM_VALIDATE_ERROR');
  });
});

describe('users', () => {
  it('are made, shown, listed and deleted by administrators', async () => {
    const fields = { username: 'Han.Mei', password: PASSWORD, roles: [{ bk_biz_id: 1, role: 'operator' }] };
    const { body } = await api.admin.post('/api/auth/users/', fields);
    const user = {
      id: expect.any(Number),
      username: 'Han.Mei',
      is_admin: false,
      is_locked: false,
      roles: [{ bk_biz_id: '1', role: 'operator' }],
      created_time: expect.any(String),
      update_time: expect.any(String),
    };
    expect(body.data).toEqual(user);
    const path = `/api/auth/users/${body.data.id}/`;
    expect((await api.admin.get(path)).body.data).toEqual(body.data);
    const page = (await api.admin.get('/api/auth/users/?page=1&page_size=500')).body.data;
    expect(page.items).toContainEqual(body.data);
    expect(page.count).toBe(page.items.length);
    expect(page.items.map(({ id }: { id: number }) => id)).toEqual(
      page.items.map(({ id }: { id: number }) => id).sort((a: number, b: number) => a - b),
    );
    expect((await api.admin.delete(path)).body).toMatchObject({ code: 'OK', data: null });
    expect((await api.admin.get(path)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.delete(path)).body.code).toBe('OBJECT_NOT_EXIST');
    expect((await api.admin.request('PATCH', path, { body: {} })).body.code).toBe('OBJECT_NOT_EXIST');
  });

  it('have names that differ in more than case', async () => {
    const { username } = await aUser();
    const fields = { username: username.toUpperCase(), password: PASSWORD };
    const { body } = await api.admin.post('/api/auth/users/', fields);
    expect([body.code, Object.keys(body.messages)]).toEqual(['VALIDATE_ERROR', ['username']]);
  });

  it.each([
    [{ username: 'has blanks', password: PASSWORD }, 'username'],
    [{ username: 'x'.repeat(65), password: PASSWORD }, 'username'],
    [{ password: PASSWORD }, 'username'],
    [{ username: 'x', password: 'short' }, 'password'],
    [{ username: 'x', password: 'x'.repeat(257) }, 'password'],
    [{ username: 'x', password: PASSWORD, is_admin: 'perhaps' }, 'is_admin'],
    [{ username: 'x', password: PASSWORD, roles: [{ bk_biz_id: '99', role: 'viewer' }] }, 'roles'],
    [{ username: 'x', password: PASSWORD, roles: [{ bk_biz_id: '1', role: 'admin' }] }, 'roles'],
    [{ username: 'x', password: PASSWORD, roles: [{ bk_biz_id: 'one', role: 'viewer' }] }, 'roles'],
    [{ username: 'x', password: PASSWORD, roles: ['viewer'] }, 'roles'],
    [{ username: 'x', password: PASSWORD, roles: 'viewer' }, 'roles'],
    [
      {
        username: 'x',
        password: PASSWORD,
        roles: [
          { bk_biz_id: '1', role: 'viewer' },
          { bk_biz_id: 1, role: 'operator' },
        ],
      },
      'roles',
    ],
  ])('are not made of %p', async (fields, field) => {
    const { body } = await api.admin.post('/api/auth/users/', fields);
    expect([body.code, Object.keys(body.messages)]).toEqual(['VALIDATE_ERROR', [field]]);
    const rows = await api.dataSource.query(`SELECT 1 FROM users WHERE username = 'x'`);
    expect(rows).toEqual([]);
  });

  it('lose their sessions, but not their tokens, with a new password', async () => {
    const user = await aUser();
    const { token } = await aToken(user.client);
    await change(user, { password: 'quite another one' });
    expect([await isIn(user.client), await isIn(withToken(token))]).toEqual([false, true]);
    await expect(api.anonymous.login(user.username, PASSWORD)).rejects.toThrow('login failed');
    expect(await isIn(await api.anonymous.login(user.username, 'quite another one'))).toBe(true);
  });

  it('are out at once when locked, sessions and tokens, until unlocked', async () => {
    const user = await aUser();
    const { token } = await aToken(user.client);
    expect((await change(user, { is_locked: true })).body.data.is_locked).toBe(true);
    expect([await isIn(user.client), await isIn(withToken(token))]).toEqual([false, false]);
    await change(user, { is_locked: false });
    expect([await isIn(user.client), await isIn(withToken(token))]).toEqual([false, true]);
  });

  it('are out at once when deleted', async () => {
    const user = await aUser();
    const { token } = await aToken(user.client);
    await api.admin.delete(`/api/auth/users/${user.id}/`);
    expect([await isIn(user.client), await isIn(withToken(token))]).toEqual([false, false]);
  });

  it('keep what a change does not name', async () => {
    const user = await aUser({ is_admin: true, roles: [{ bk_biz_id: '1', role: 'viewer' }] });
    const { body } = await change(user, { is_locked: null });
    expect(body.data).toMatchObject({ is_admin: true, is_locked: false, roles: [{ bk_biz_id: '1', role: 'viewer' }] });
    expect(await isIn(user.client)).toBe(true);
    await api.admin.delete(`/api/auth/users/${user.id}/`);
  });

  it('include an administrator at all times', async () => {
    const { body } = await api.admin.get('/api/auth/users/?page_size=500');
    const last = body.data.items.find(({ username }: { username: string }) => username === 'admin');
    const locked = await aUser({ is_admin: true });
    await change(locked, { is_locked: true });
    const refusals = [
      await change(last, { is_admin: false }),
      await change(last, { is_locked: true }),
      await api.admin.delete(`/api/auth/users/${last.id}/`),
    ];
    expect(refusals.map((refusal) => refusal.body.code)).toEqual(Array(3).fill('FORM_VALIDATE_ERROR'));
    expect(await isIn(api.admin)).toBe(true);
    await api.admin.delete(`/api/auth/users/${locked.id}/`);
  });

  it('include one even when two administrators demote each other at once', async () => {
    const other = await startApi();
    try {
      const { body } = await other.admin.post('/api/auth/users/', {
        username: 'second',
        password: PASSWORD,
        is_admin: true,
      });
      const [{ id: firstId }] = await other.dataSource.query(`SELECT id FROM users WHERE username = 'admin'`);
      const second = await other.anonymous.login('second', PASSWORD);
      const demote = (client: ApiClient, id: number) =>
        client.request('PATCH', `/api/auth/users/${id}/`, { body: { is_admin: false } });
      await Promise.all([demote(other.admin, body.data.id), demote(second, firstId)]);
      const [{ count }] = await other.dataSource.query('SELECT count(*)::int FROM users WHERE is_admin');
      expect(count).toBe(1);
    } finally {
      await other.close();
    }
  });
});

describe('the own password', () => {
  const replacement = 'another password';

  it('is changed with the old one; other sessions end and this one goes on under a new cookie', async () => {
    const user = await aUser();
    const other = await api.anonymous.login(user.username, PASSWORD);
    const response = await user.client.post('/api/auth/password', {
      old_password: PASSWORD,
      new_password: replacement,
    });
    expect([response.status, response.body.data]).toEqual([200, null]);
    expect([await isIn(user.client), await isIn(other), await isIn(withCookie(response))]).toEqual([
      false,
      false,
      true,
    ]);
    expect(await isIn(await api.anonymous.login(user.username, replacement))).toBe(true);
  });

  it('is changed by an API token without a cookie for it', async () => {
    const user = await aUser();
    const { token } = await aToken(user.client);
    const body = { old_password: PASSWORD, new_password: replacement };
    const response = await withToken(token).post('/api/auth/password', body);
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
  });

  it('stays with a wrong old one or a bad new one', async () => {
    const user = await aUser();
    const refusalOf = async (old_password: string, new_password: string) =>
      Object.keys((await user.client.post('/api/auth/password', { old_password, new_password })).body.messages);
    expect(await refusalOf('wrong password', replacement)).toEqual(['old_password']);
    expect(await refusalOf(PASSWORD, 'short')).toEqual(['new_password']);
    expect(await isIn(await api.anonymous.login(user.username, PASSWORD))).toBe(true);
  });
});

describe('failed logins', () => {
  const LIMIT = 3;
  const wrong = { username: 'admin', password: 'wrong password' };
  const statuses = (answers: ApiResponse[]) => answers.map(({ status }) => status);

  async function withLimit(overrides: Parameters<typeof startApi>[0], test: (limited: TestApi) => Promise<void>) {
    const limited = await startApi({ loginAttemptsPerMinute: LIMIT, ...overrides });
    try {
      await test(limited);
    } finally {
      await limited.close();
    }
  }

  it('are limited, and then the right password has to wait too, on every server', async () => {
    const redisPrefix = `{test-auth-${process.pid}-${Date.now()}}`;
    await withLimit({ redisPrefix }, async (limited) => {
      const { databaseUrl } = limited;
      await withLimit({ redisPrefix, databaseUrl }, async (second) => {
        for (let i = 0; i < LIMIT; i += 1)
          expect((await limited.anonymous.post('/api/auth/login', wrong)).status).toBe(401);
        for (const { anonymous } of [limited, second]) {
          const { status, body, headers } = await anonymous.post('/api/auth/login', ADMIN);
          expect([status, body.code]).toEqual([429, 'TOO_MANY_REQUESTS']);
          expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
          expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
        }
        expect(await isIn(limited.admin)).toBe(true);
      });
    });
  });

  it('are limited when they come all at once', async () => {
    await withLimit({}, async (limited) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => limited.anonymous.post('/api/auth/login', wrong)),
      );
      const tried = statuses(answers).filter((status) => status === 401).length;
      expect(tried).toBeGreaterThanOrEqual(LIMIT);
      expect(tried).toBeLessThanOrEqual(LIMIT + 1);
      expect(statuses(answers).filter((status) => status === 429)).toHaveLength(20 - tried);
    });
  });

  it('do not come from good ones, however many', async () => {
    await withLimit({}, async (limited) => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => limited.anonymous.post('/api/auth/login', ADMIN)),
      );
      expect(statuses(answers)).toEqual(Array(8).fill(200));
    });
  });

  it('count for the change of the own password as well', async () => {
    await withLimit({}, async (limited) => {
      const tryPassword = () =>
        limited.admin.post('/api/auth/password', { old_password: 'wrong password', new_password: PASSWORD });
      const answers = [await tryPassword(), await tryPassword(), await tryPassword(), await tryPassword()];
      expect(statuses(answers)).toEqual([400, 400, 400, 429]);
    });
  });

  it('are limited without Redis, where logins still work', async () => {
    await withLimit({ redisUrl: 'redis://127.0.0.1:1' }, async (limited) => {
      const answers: ApiResponse[] = [];
      for (let i = 0; i <= LIMIT; i += 1) answers.push(await limited.anonymous.post('/api/auth/login', wrong));
      expect(statuses(answers)).toEqual([401, 401, 401, 429]);
    });
  });
});

describe('the first administrator', () => {
  /** What is printed while `count` servers start at once on a database without users. */
  async function outputOfStarts(count: number, adminPassword: string | undefined): Promise<string> {
    const other = await startApi();
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    try {
      await other.dataSource.query('DELETE FROM users');
      const env = aTestEnv({ adminPassword });
      const starts = Array.from({ length: count }, () => new AdminBootstrap(env, other.dataSource, new HashingQueue()));
      await Promise.all(starts.map((start) => start.onApplicationBootstrap()));
      const output = write.mock.calls.map(([chunk]) => String(chunk)).join('');
      const password = adminPassword ?? /password +(\S+)/.exec(output)?.[1];
      expect(await isIn(await other.anonymous.login('admin', password))).toBe(true);
      return output;
    } finally {
      write.mockRestore();
      await other.close();
    }
  }

  it('is made once, and its made-up password is printed once, when two servers start together', async () => {
    const output = await outputOfStarts(2, undefined);
    expect(output.match(/password +[\w-]{20} /g)).toHaveLength(1);
  });

  it('has the password of the environment, which is not printed', async () => {
    expect(await outputOfStarts(1, 'from the environment')).not.toContain('from the environment');
  });

  it('is not made again when there are users', async () => {
    const countUsers = async () => (await api.dataSource.query('SELECT count(*)::int FROM users'))[0].count as number;
    const before = await countUsers();
    const env = aTestEnv({ adminUsername: 'somebody-else' });
    await new AdminBootstrap(env, api.dataSource, new HashingQueue()).onApplicationBootstrap();
    expect(await countUsers()).toBe(before);
  });
});
