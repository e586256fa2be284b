import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../src/launcher/child.js';
import { freePort } from '../../src/launcher/services/free-port.js';
import { Watchdog } from '../../src/launcher/watchdog.js';
import { startApi, PROJECT, type TestApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { aHost, anAgent } from '../support/factories.js';

/** A real nginx with docker/nginx.conf, whose names of other containers are replaced by what is here. */
describe('nginx in front of the API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeman-nginx-'));
  const watchdog = new Watchdog();
  let api: TestApi;
  let nginx: Child;
  let url: string;

  beforeAll(async () => {
    api = await startApi({ trustProxyHops: 1 });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const server = readFileSync(join(PROJECT, 'docker/nginx.conf'), 'utf8')
      .replace(/^resolver .*$/m, '')
      .replace('listen 80;', `listen 127.0.0.1:${port};`)
      .replace('http://api:8800', api.url)
      .replace('/srv/nodeman/packages/', `${api.dataDir}/packages/`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const main = `daemon off; pid ${folder}/pid; error_log stderr warn; user root; events {}
      http { access_log off; ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')} ${server} }`;
    writeFileSync(join(folder, 'nginx.conf'), main);
    execFileSync('nginx', ['-t', '-q', '-c', join(folder, 'nginx.conf')], { stdio: 'pipe' });
    nginx = new Child({
      command: 'nginx',
      args: ['-c', join(folder, 'nginx.conf')],
      env: { PATH: process.env.PATH },
      stopSignal: 'SIGQUIT',
      stopTimeoutMs: 5_000,
      onLine: () => undefined,
      watchdog,
    });
    await eventually(async () => (await fetch(`${url}/api/health/live`)).ok);
  });

  afterAll(async () => {
    await nginx?.stop();
    await watchdog.close();
    await api?.close();
    rmSync(folder, { recursive: true });
  });

  it('gives packages from the disk, whole and in parts', async () => {
    const { items } = (await api.admin.get('/api/packages/')).body.data;
    const whole = await fetch(`${url}${items[0].download_path}`);
    expect(whole.headers.get('server')).toBe('nginx');
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(bytes).toHaveLength(items[0].size);
    const part = await fetch(`${url}${items[0].download_path}`, { headers: { range: 'bytes=10-19' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)]);
  });

  it('lets the API answer for packages that are not there, and for everything else', async () => {
    for (const path of ['/download/nothing.tgz', '/download/.hidden', '/nowhere']) {
      const response = await fetch(`${url}${path}`);
      expect(await response.json()).toMatchObject({ result: false, code: 'OBJECT_NOT_EXIST' });
      expect(response.headers.get('x-request-id')).toBeTruthy();
    }
  });

  it('gives nothing from outside of the folder of packages', async () => {
    for (const path of [
      '/download/..%2f..%2fetc%2fpasswd',
      '/download/..%2fsecret.key',
      '/download/a/../../secret.key',
    ]) {
      expect((await fetch(`${url}${path}`)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('passes reports of agents on', async () => {
    const { id } = await aHost(api.dataSource);
    const token = await anAgent(api.dataSource, id);
    const report = { token, name: 'nodeman-agent', version: '1.0.0', state: 'running', processes: [] };
    const response = await fetch(`${url}/api/agent/heartbeat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(report),
    });
    expect(await response.json()).toMatchObject({ result: true, data: { interval: expect.any(Number) } });
  });
});
