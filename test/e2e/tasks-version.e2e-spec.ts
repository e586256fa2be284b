import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Host } from '../../src/hosts/host.entity.js';
import { Package } from '../../src/packages/package.entity.js';
import { startApi, type TestApi } from '../support/api.js';
import { aHost, anAddress, aName } from '../support/factories.js';
import { anInstall, TaskClient, TASKS } from '../support/tasks.js';

let api: TestApi;
let tasks: TaskClient;

beforeAll(async () => {
  api = await startApi();
  tasks = new TaskClient(api.admin);
  await api.admin.post('/api/config/kv/', { key: 'nginx', inner_ip: '10.0.0.9:80' });
  for (const minor of [9, 10, 11]) await aPackage('nodeman-agent', `7.${minor}.0`);
});
afterAll(() => api?.close());

/** The row alone: nothing is downloaded here. */
function aPackage(name: string, version: string, arch = 'any') {
  const fileName = `${name}-${version}-linux-${arch}.tgz`;
  const row = { name, version, os: 'linux', arch, fileName, sizeBytes: '1', sha256: '0'.repeat(64) };
  return api.dataSource.manager.insert(Package, { ...row, manifest: {}, uploadedBy: 'admin' });
}

const installed = (overrides: Partial<Host> = {}) =>
  aHost(api.dataSource, { agentInstalled: true, agentStatus: 'RUNNING', ...overrides });
const versionOf = async (jobId: number) => (await api.admin.get(`${TASKS}${jobId}/`)).body.data.package_version;

describe('version', () => {
  it.each(['INSTALL', 'REINSTALL', 'UPGRADE'])('of %s is kept with the job, and shown', async (op_type) => {
    const ip = op_type === 'INSTALL' ? anAddress() : (await installed()).innerIp;
    const { body } = await tasks.install(ip, {}, { op_type, version: ' 7.9.0 ' });
    expect(body.data).toMatchObject({ op_type, package_version: '7.9.0' });
    const { data } = (await api.admin.get(`${TASKS}?page_size=1`)).body;
    expect(data.items).toMatchObject([{ id: body.data.id, package_version: '7.9.0' }]);
  });

  it.each([[undefined], [null], [''], ['  ']])('%j is the newest', async (version) => {
    const { body } = await tasks.install(anAddress(), {}, { version });
    expect([body.code, body.data?.package_version]).toEqual(['OK', null]);
  });

  it.each(['UNINSTALL', 'REMOVE', 'UPDATE_AUTHINFO', 'PRECHECK'])('is not looked at for %s', async (op) => {
    const host = await installed();
    const { body } = await tasks.operate(op, host.innerIp, { password: 'x' }, { version: { not: 'looked at' } });
    expect([body.code, body.data?.package_version]).toEqual(['OK', null]);
  });

  it.each(['7.9', '7.09.0', "'; DROP TABLE packages", 'nul\0', '__proto__', 'x'.repeat(70)])(
    '%j is refused with the versions there are, the newest first',
    async (version) => {
      const { body } = await tasks.install(anAddress(), {}, { version });
      expect(body).toMatchObject({ code: 'VALIDATE_ERROR', messages: { version: [expect.any(String)] } });
      expect(Object.keys(body.messages)).toEqual(['version']);
      const [text] = body.messages.version;
      expect(text).toMatch(/7\.11\.0、7\.10\.0、7\.9\.0/);
      expect(text).toContain(version.slice(0, 64));
      expect(text).not.toContain('x'.repeat(65));
    },
  );

  it('that is no text is refused', async () => {
    const { body } = await tasks.install(anAddress(), {}, { version: 7.9 });
    expect(body.messages).toEqual({ version: ['必须是字符串。'] });
  });

  it('is one of the package that each host has', async () => {
    const agentName = aName('other-agent');
    const [ours, other] = [await installed(), await installed({ agentName })];
    const ask = async (version: string) => {
      const hosts = `${ours.innerIp},${other.innerIp}`;
      const english = new TaskClient(api.admin.with({ 'accept-language': 'en' }));
      return (await english.install(hosts, {}, { op_type: 'UPGRADE', version })).body;
    };
    expect((await ask('7.9.0')).messages.version).toEqual([
      `There is no package ${agentName} at all; upload one with POST /api/packages/.`,
    ]);
    await aPackage(agentName, '2.0');
    await aPackage(agentName, '2.0', 'x86_64');
    expect((await ask('7.9.0')).messages.version).toEqual([
      `The package ${agentName} has no version 7.9.0; the versions there are, newest first: 2.0.`,
    ]);
    await aPackage(agentName, '7.9.0');
    expect((await ask('7.9.0')).code).toBe('OK');
  });

  it('names ten of many', async () => {
    const agentName = aName('many');
    for (let i = 1; i <= 12; i++) await aPackage(agentName, `1.${i}`);
    const host = await installed({ agentName });
    const { body } = await tasks.install(host.innerIp, {}, { op_type: 'UPGRADE', version: '2' });
    expect(body.messages.version[0]).toMatch(/：1\.12、1\.11、.*、1\.3。$/);
  });

  it('is complained of beside everything else that is wrong', async () => {
    const ip = anAddress();
    const { body } = await api.admin.post(TASKS, anInstall(ip, { port: 'ssh' }, { version: '0' }));
    expect(Object.keys(body.messages)).toEqual(['version', 'hosts']);
  });
});

describe('a retry', () => {
  it('keeps the version, as long as there is one', async () => {
    const host = await installed();
    const first = await tasks.install(host.innerIp, {}, { op_type: 'UPGRADE', version: '7.10.0' });
    await api.admin.delete(`${TASKS}${first.body.data.id}/`);
    const again = await api.admin.post(`${TASKS}${first.body.data.id}/retry/`, {});
    expect(again.body.data).toMatchObject({
      ...{ op_type: 'UPGRADE', package_version: '7.10.0', origin_job_id: first.body.data.id },
    });
    expect(await versionOf(again.body.data.id)).toBe('7.10.0');
    await api.admin.delete(`${TASKS}${again.body.data.id}/`);
    await api.dataSource.manager.delete(Package, { name: 'nodeman-agent', version: '7.10.0' });
    const gone = await api.admin.post(`${TASKS}${again.body.data.id}/retry/`, {});
    expect(gone.body).toMatchObject({
      code: 'VALIDATE_ERROR',
      messages: { version: [expect.stringContaining('7.11.0')] },
    });
  });
});
