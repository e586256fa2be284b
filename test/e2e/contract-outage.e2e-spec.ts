import { startApi, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { type OwnService, ownPostgres } from '../support/services.js';

describe('while Postgres is away', () => {
  let postgres: OwnService;
  let api: TestApi;

  beforeAll(async () => {
    postgres = await ownPostgres();
    api = await startApi({ databaseUrl: postgres.url });
  });
  afterAll(async () => {
    await api?.close();
    await postgres?.remove();
  });

  it('everything is refused as FATAL_ERROR with 503, and works again afterwards', async () => {
    await postgres.stop();
    const refused = await api.admin.get('/api/1/hosts/');
    expect([refused.status, refused.body]).toEqual([
      503,
      { result: false, code: 'FATAL_ERROR', message: expect.any(String), messages: {}, data: null },
    ]);
    expect(refused.body.message).not.toMatch(/ECONN|127\.0\.0\.1|postgres:/i);
    const login = await api.anonymous.post('/api/auth/login', { username: 'admin', password: 'x' });
    expect([login.status, login.body.code]).toEqual([503, 'FATAL_ERROR']);
    expect((await api.anonymous.get('/api/health/live')).status).toBe(200);
    expect((await api.anonymous.get('/api/health/ready')).status).toBe(503);
    await postgres.start();
    await eventually(async () => (await api.admin.get('/api/1/hosts/')).status === 200);
  });
});
