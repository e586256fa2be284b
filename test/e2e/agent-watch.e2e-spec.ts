import { AgentTokensService } from '../../src/agents/agent-tokens.service.js';
import { AgentWatch } from '../../src/agents/agent-watch.js';
import { startApi, type TestApi } from '../support/api.js';
import { aHost, anAgent } from '../support/factories.js';

let api: TestApi;
let tokens: AgentTokensService;
let watch: AgentWatch;

beforeAll(async () => {
  api = await startApi();
  tokens = api.app.get(AgentTokensService, { strict: false });
  watch = api.app.get(AgentWatch, { strict: false });
});
afterAll(() => api.close());

const report = async (token: string, state = 'running') => {
  const body = { token, name: 'nodeman-agent', version: '1.0.0', state, processes: [] };
  expect((await api.anonymous.post('/api/agent/heartbeat', body)).status).toBe(200);
};

describe('AgentWatch', () => {
  const signal = () => AbortSignal.timeout(9_000);

  it('hears of a confirmed run within a moment', async () => {
    const host = await aHost(api.dataSource);
    const token = await tokens.issue(host.id, 7);
    let isConfirmed = false;
    const confirmed = watch.confirmed(host.id, 7, signal()).then(() => (isConfirmed = true));
    await report(await anAgent(api.dataSource, (await aHost(api.dataSource)).id));
    expect(isConfirmed).toBe(false);
    await report(token);
    await confirmed;
    await watch.confirmed(host.id, 7, signal());
  });

  it('sees it without Redis, too', async () => {
    const host = await aHost(api.dataSource);
    await tokens.issue(host.id, 7);
    const confirmed = watch.confirmed(host.id, 7, signal());
    await api.dataSource.query('UPDATE agents SET confirmed_run_id = 7 WHERE host_id = $1', [host.id]);
    await confirmed;
  });

  it('hears of a goodbye', async () => {
    const host = await aHost(api.dataSource);
    const token = await anAgent(api.dataSource, host.id);
    await report(token);
    const silent = watch.silent(host.id, new Date(), signal());
    await report(token, 'stopping');
    await silent;
  });

  it('gives up when it is told to', async () => {
    const host = await aHost(api.dataSource);
    const controller = new AbortController();
    const confirmed = watch.confirmed(host.id, 7, controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(confirmed).rejects.toThrow('cancelled');
    await expect(watch.confirmed(host.id, 7, controller.signal)).rejects.toThrow('cancelled');
  });
});
