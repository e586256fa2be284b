import { AgentTokensService, parseToken } from '../../src/agents/agent-tokens.service.js';
import type { Agent } from '../../src/agents/agent.entity.js';
import { HeartbeatFolder } from '../../src/agents/heartbeat-folder.js';
import { UnauthorizedError } from '../../src/common/errors/app-error.js';
import type { Host } from '../../src/hosts/host.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { aCloud, aHost, anAgent } from '../support/factories.js';
import { ownPostgres } from '../support/services.js';

let api: TestApi;
let tokens: AgentTokensService;

beforeAll(async () => {
  api = await startApi({ heartbeatIntervalSeconds: 1 });
  tokens = api.app.get(AgentTokensService, { strict: false });
});
afterAll(() => api.close());

const aReport = (token: string, overrides: Record<string, unknown> = {}) => ({
  ...{ token, name: 'nodeman-agent', version: '1.0.0', state: 'running', processes: [] },
  ...overrides,
});
const post = (body: unknown, headers: Record<string, string> = {}) =>
  api.anonymous.post('/api/agent/heartbeat', body, { headers });
const report = async (token: string, overrides?: Record<string, unknown>) =>
  (await post(aReport(token, overrides))).body.code as string;
const statusOf = async ({ id, businessId }: Host) =>
  (await api.admin.get(`/api/${businessId}/host_status/?host_ids=${id}`)).body.data;
const rowOf = async (hostId: number): Promise<Agent> =>
  (await api.dataSource.query('SELECT * FROM agents WHERE host_id = $1', [hostId]))[0];

describe('a report', () => {
  it('makes the agent RUNNING, with its version and plugins', async () => {
    const host = await aHost(api.dataSource);
    const processes = [{ name: 'basereport', type: 'plugin', status: 'RUNNING', version: '2.1' }];
    const { status, body } = await post(aReport(await anAgent(api.dataSource, host.id), { processes }));
    expect([status, body]).toEqual([
      200,
      { result: true, code: 'OK', message: 'success', data: { interval: 1, servers: [] } },
    ]);
    expect(await statusOf(host)).toEqual([
      {
        ...{ name: 'nodeman-agent', type: 'agent', status: 'RUNNING', version: '1.0.0', host_id: host.id },
        update_time: expect.any(String),
      },
      {
        ...{ name: 'basereport', type: 'plugin', status: 'RUNNING', version: '2.1', host_id: host.id },
        update_time: expect.any(String),
      },
    ]);
  });

  it('may carry its token in a header', async () => {
    const host = await aHost(api.dataSource);
    const token = await anAgent(api.dataSource, host.id);
    const { status } = await post(aReport(token, { token: undefined }), { authorization: `Bearer ${token}` });
    expect(status).toBe(200);
  });

  it('changes the row of the host only when people would see a difference', async () => {
    const host = await aHost(api.dataSource);
    const token = await anAgent(api.dataSource, host.id);
    const place = async () => (await api.dataSource.query('SELECT ctid::text FROM hosts WHERE id = $1', [host.id]))[0];
    await report(token);
    const before = await place();
    await report(token);
    expect(await place()).toEqual(before);
    await report(token, { version: '1.0.1' });
    expect(await place()).not.toEqual(before);
    expect((await statusOf(host))[0].version).toBe('1.0.1');
  });

  it('that says goodbye makes it TERMINATED at once, until it reports again', async () => {
    const host = await aHost(api.dataSource);
    const token = await anAgent(api.dataSource, host.id);
    await report(token);
    await report(token, { state: 'stopping' });
    expect((await statusOf(host))[0].status).toBe('TERMINATED');
    await report(token);
    expect((await statusOf(host))[0].status).toBe('RUNNING');
    expect(await rowOf(host.id)).toMatchObject({ stopped_at: null });
  });

  it('tells where to report from now on, by the place of the host', async () => {
    const inner_ip = '10.0.0.1:80,[fd00::1]:80';
    const set = await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip, outer_ip: '203.0.113.1:80' });
    expect(set.status).toBe(200);
    const cloud = await aCloud(api.dataSource);
    const hosts = [
      await aHost(api.dataSource),
      await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PROXY' }),
      await aHost(api.dataSource, { cloudId: cloud.id, nodeType: 'PAGENT' }),
    ];
    const reporters = await Promise.all(
      hosts.map(async (host) => ({ host, token: await anAgent(api.dataSource, host.id) })),
    );
    // The setting is read every five seconds.
    await eventually(async () => (await post(aReport(reporters[0]!.token))).body.data.servers.length > 0);
    const answers = await Promise.all(reporters.map(({ token }) => post(aReport(token))));
    expect(answers.map(({ body }) => body.data.servers)).toEqual([
      ['10.0.0.1:80', '[fd00::1]:80'],
      ['203.0.113.1:80'],
      [],
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['name', { name: '<script>' }],
    ['name', { name: 'a b' }],
    ['name', { name: 'a\0' }],
    ['name', { name: '' }],
    ['name', { name: undefined }],
    ['name', { name: ['nodeman-agent'] }],
    ['version', { version: '1'.repeat(65) }],
    ['version', { version: '1.0\n2' }],
    ['state', { state: 'dancing' }],
    ['processes', { processes: 'none' }],
    ['processes', { processes: Array(65).fill({ name: 'p', status: 'RUNNING', version: '1' }) }],
    ['processes', { processes: [{ name: '../../etc', status: 'RUNNING', version: '1' }] }],
    ['processes', { processes: [{ name: 'p', status: 'UNKNOWN', version: '1' }] }],
    ['processes', { processes: [null] }],
    ['processes', { processes: [[]] }],
    ['token', { token: 5 }],
  ])('with a bad %s is refused (%#)', async (field, overrides) => {
    const host = await aHost(api.dataSource);
    const { status, body } = await post(aReport(await anAgent(api.dataSource, host.id), overrides));
    expect([status, body.code, Object.keys(body.messages)]).toEqual([400, 'VALIDATE_ERROR', [field]]);
    expect((await statusOf(host))[0].status).toBe('UNKNOWN');
  });

  it('that is too large, or no JSON, is refused', async () => {
    const large = aReport('1.x', { padding: 'x'.repeat(70_000) });
    expect((await post(large)).body.code).toBe('FORM_VALIDATE_ERROR');
    expect((await post('{"token":', { 'content-type': 'application/json' })).body.code).toBe('FORM_VALIDATE_ERROR');
    expect((await post([])).status).toBe(400);
  });

  it('counts only with the token of a live host', async () => {
    const [host, removed] = [await aHost(api.dataSource), await aHost(api.dataSource, { removedAt: new Date() })];
    const token = await anAgent(api.dataSource, host.id);
    const ofRemoved = await anAgent(api.dataSource, removed.id);
    const secret = token.split('.')[1]!;
    const bad = [`${removed.id}.${secret}`, `${host.id}.${secret.slice(1)}x`, `${host.id}.`, secret, '', `0${token}`];
    for (const each of [...bad, ofRemoved, `2000000000.${secret}`, `99999999999.${secret}`, `${token}\n`]) {
      expect(await report(each)).toBe('UNAUTHORIZED');
    }
    expect((await statusOf(host))[0].status).toBe('UNKNOWN');
    expect(await report(token)).toBe('OK');
  });

  it('is one of many that are checked and written together', async () => {
    const folder = api.app.get(HeartbeatFolder, { strict: false });
    const hosts = await Promise.all(Array.from({ length: 50 }, () => aHost(api.dataSource)));
    const all = await Promise.all(hosts.map(({ id }) => anAgent(api.dataSource, id)));
    const submit = (token: string) => {
      const { hostId, hash: tokenHash } = parseToken(token)!;
      const words = { name: 'nodeman-agent', version: '1.0.0', isStopping: false, processes: [], commandResult: null };
      return folder.submit({ hostId, tokenHash, ...words });
    };
    const unknown = expect(submit(`${hosts[0]!.id}.${'x'.repeat(43)}`)).rejects.toThrow(UnauthorizedError);
    const taken = await Promise.all(all.map(submit));
    await unknown;
    expect(taken.map(({ hostId }) => hostId)).toEqual(hosts.map(({ id }) => id));
    const [{ moments }] = await api.dataSource.query(
      'SELECT count(DISTINCT reported_at)::int AS moments FROM agents WHERE host_id = ANY($1)',
      [hosts.map(({ id }) => id)],
    );
    expect(moments).toBe(1);
  });
});

describe('the token of a run', () => {
  it('takes the place of the old one with its first report', async () => {
    const host = await aHost(api.dataSource);
    const old = await anAgent(api.dataSource, host.id);
    await report(old);
    const fresh = await tokens.issue(host.id, 7);
    expect(await report(old)).toBe('OK');
    expect(await rowOf(host.id)).toMatchObject({ pending_run_id: 7, confirmed_run_id: null });
    expect(await report(fresh)).toBe('OK');
    expect(await rowOf(host.id)).toMatchObject({ pending_run_id: null, confirmed_run_id: 7, pending_token_hash: null });
    expect(await report(old)).toBe('UNAUTHORIZED');
    expect(await report(fresh)).toBe('OK');
  });

  it('wins when both report at once', async () => {
    const host = await aHost(api.dataSource);
    const old = await anAgent(api.dataSource, host.id);
    const fresh = await tokens.issue(host.id, 7);
    await Promise.all([report(old), report(fresh), report(old, { state: 'stopping' })]);
    expect(await rowOf(host.id)).toMatchObject({ confirmed_run_id: 7, stopped_at: null });
    expect((await statusOf(host))[0].status).toBe('RUNNING');
  });

  it('says no goodbye that counts: an agent that ends before it has reported is not installed', async () => {
    const host = await aHost(api.dataSource);
    const old = await anAgent(api.dataSource, host.id);
    await report(old);
    const fresh = await tokens.issue(host.id, 7);
    expect(await report(fresh, { state: 'stopping' })).toBe('UNAUTHORIZED');
    expect(await rowOf(host.id)).toMatchObject({ pending_run_id: 7, confirmed_run_id: null, stopped_at: null });
    expect(await report(old)).toBe('OK');
    expect(await report(fresh)).toBe('OK');
    expect(await report(fresh, { state: 'stopping' })).toBe('OK');
  });

  it('is replaced when the same run is given another', async () => {
    const host = await aHost(api.dataSource);
    const first = await tokens.issue(host.id, 7);
    expect(await report(first)).toBe('OK');
    const second = await tokens.issue(host.id, 7);
    expect(await rowOf(host.id)).toMatchObject({ confirmed_run_id: null });
    const third = await tokens.issue(host.id, 7);
    expect(await report(second)).toBe('UNAUTHORIZED');
    expect(await report(third)).toBe('OK');
    expect(await rowOf(host.id)).toMatchObject({ confirmed_run_id: 7 });
  });

  it('is dead when it is revoked', async () => {
    const host = await aHost(api.dataSource);
    const token = await tokens.issue(host.id, 7);
    await report(token);
    const pending = await tokens.issue(host.id, 8);
    await tokens.revoke(api.dataSource.manager, host.id);
    expect(await report(token)).toBe('UNAUTHORIZED');
    expect(await report(pending)).toBe('UNAUTHORIZED');
  });

  it('is stored as a hash only', async () => {
    const host = await aHost(api.dataSource);
    const token = await tokens.issue(host.id, 7);
    expect(JSON.stringify(await rowOf(host.id))).not.toContain(token.split('.')[1]);
  });
});

describe('silence', () => {
  it('of three intervals makes an agent TERMINATED, but not one that reports', async () => {
    const [silent, lively] = [await aHost(api.dataSource), await aHost(api.dataSource)];
    const token = await anAgent(api.dataSource, lively.id);
    await report(await anAgent(api.dataSource, silent.id));
    const reportedAt = Date.now();
    await eventually(async () => {
      await report(token);
      return (await statusOf(silent))[0].status === 'TERMINATED';
    });
    expect(Date.now() - reportedAt).toBeGreaterThanOrEqual(2_900);
    expect((await statusOf(lively))[0].status).toBe('RUNNING');
  });

  it('leaves alone hosts that never had an agent', async () => {
    const host = await aHost(api.dataSource);
    const other = await aHost(api.dataSource, { agentStatus: 'RUNNING' });
    await anAgent(api.dataSource, other.id, { reportedAt: new Date(Date.now() - 60_000) });
    await eventually(async () => (await statusOf(other))[0].status === 'TERMINATED');
    expect((await statusOf(host))[0].status).toBe('UNKNOWN');
  });
});

describe('without Postgres', () => {
  it('reports are refused, and taken again afterwards', async () => {
    const postgres = await ownPostgres();
    const own = await startApi({ databaseUrl: postgres.url, heartbeatIntervalSeconds: 1 });
    try {
      const host = await aHost(own.dataSource);
      const token = await anAgent(own.dataSource, host.id);
      const send = () => own.anonymous.post('/api/agent/heartbeat', aReport(token));
      await eventually(async () => (await send()).status === 200);
      await postgres.stop();
      const { status, body } = await send();
      expect([status, body.code]).toEqual([503, 'FATAL_ERROR']);
      await postgres.start();
      await eventually(async () => (await send()).status === 200);
    } finally {
      await own.close();
      await postgres.remove();
    }
  });
});
