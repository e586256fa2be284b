import { ConfigService } from '../../src/config/config.service.js';
import { NginxSettingError } from '../../src/common/errors/app-error.js';
import { type ApiClient, startApi, type TestApi } from '../support/api.js';

let api: TestApi;
const PATH = '/api/config/kv/';

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(() => api.dataSource.query('DELETE FROM settings'));

const get = (key: string, client: ApiClient = api.admin) => client.get(`${PATH}?key=${key}`);
const form = (fields: Record<string, string>) => api.admin.post(PATH, new URLSearchParams(fields));

describe('config/kv', () => {
  it('answers the default of the timeout, and nothing of an nginx that is not set', async () => {
    expect((await get('timeout')).body).toEqual({
      result: true,
      code: 'OK',
      message: 'success',
      data: { timeout: '180' },
    });
    const { status, body } = await get('nginx');
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'OBJECT_NOT_EXIST' });
  });

  it('stores nginx from a form, trimmed, and gives it back', async () => {
    const fields = {
      key: 'nginx',
      inner_ip: ' 10.0.0.1:80, [FD00::1]:8080 ',
      outer_ip: 'files.example.com:80',
      isAjax: '1',
    };
    const stored = { inner_ip: '10.0.0.1:80,[fd00::1]:8080', outer_ip: 'files.example.com:80' };
    expect((await form(fields)).body.data).toEqual(stored);
    expect((await get('nginx')).body.data).toEqual(stored);
    expect((await api.admin.get('/api/config/kv?key=nginx')).body.data).toEqual(stored);
  });

  it('stores nginx whole: what is not given becomes empty', async () => {
    await api.admin.post(PATH, { key: 'nginx', inner_ip: '10.0.0.1:80', outer_ip: '10.0.0.2:80' });
    const { body } = await api.admin.post(PATH, { key: 'nginx', outer_url: '10.0.0.3:80', timeout: 'not its field' });
    expect(body.data).toEqual({ inner_ip: '', outer_ip: '10.0.0.3:80' });
    expect((await get('nginx')).body.data).toEqual({ inner_ip: '', outer_ip: '10.0.0.3:80' });
  });

  it.each([
    ['200', { key: 'timeout', timeout: 200 }],
    ['86400', { key: 'timeout', timeout: '86400' }],
  ])('stores a timeout of %s as text', async (timeout, body) => {
    expect((await api.admin.post(PATH, body)).body.data).toEqual({ timeout });
    expect((await get('timeout')).body.data).toEqual({ timeout });
    expect(await api.app.get(ConfigService).timeoutSeconds()).toBe(Number(timeout));
  });

  it.each([
    [{ key: 'nginx', inner_ip: '10.0.0.1' }, ['inner_ip']],
    [{ key: 'nginx' }, ['inner_ip', 'outer_ip']],
    [{ key: 'timeout', timeout: 59 }, ['timeout']],
    [{ key: 'timeout' }, ['timeout']],
    [{ key: 'colour', colour: 'red' }, ['key']],
    [{ key: ['nginx'] }, ['key']],
    [{}, ['key']],
    [undefined, ['key']],
  ])('refuses %j', async (sent, fields) => {
    const { status, body } = await api.admin.post(PATH, sent);
    expect({ status, code: body.code, fields: Object.keys(body.messages) }).toEqual({
      status: 400,
      code: 'VALIDATE_ERROR',
      fields,
    });
    expect((await get('timeout')).body.data).toEqual({ timeout: '180' });
  });

  it('refuses a list as the body', async () => {
    expect((await api.admin.post(PATH, [1])).body.code).toBe('FORM_VALIDATE_ERROR');
  });

  it.each(['', '?key=', '?key=colour', '?key=nginx&key=timeout'])('refuses GET %s', async (query) => {
    const { body } = await api.admin.get(`${PATH}${query}`);
    expect([body.code, Object.keys(body.messages)]).toEqual(['VALIDATE_ERROR', ['key']]);
  });

  it('lets everyone who is logged in read, and only administrators write', async () => {
    const operator = await api.userWith({ 1: 'operator' });
    expect((await get('timeout', operator)).status).toBe(200);
    expect((await operator.post(PATH, { key: 'timeout', timeout: 200 })).body.code).toBe('PERMISSION_DENIED');
    expect((await get('timeout', api.anonymous)).body.code).toBe('UNAUTHORIZED');
    expect((await api.anonymous.post(PATH, { key: 'timeout', timeout: 200 })).body.code).toBe('UNAUTHORIZED');
  });

  it('tells other features the servers, or that the setting lacks', async () => {
    const config = api.app.get(ConfigService);
    await expect(config.requireNginx('inner')).rejects.toThrow(NginxSettingError);
    await form({ key: 'nginx', inner_ip: '10.0.0.1:80,10.0.0.2:80' });
    expect(await config.requireNginx('inner')).toEqual(['10.0.0.1:80', '10.0.0.2:80']);
    await expect(config.requireNginx('outer')).rejects.toThrow(NginxSettingError);
  });

  it('survives two that write at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => api.admin.post(PATH, { key: 'timeout', timeout: 100 + i })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });
});
