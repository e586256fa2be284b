import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CmdbMember } from '../../src/cmdb/cmdb-member.entity.js';
import { Credential } from '../../src/hosts/credential.entity.js';
import { HostKey } from '../../src/ssh/host-key.entity.js';
import { Engine, PASSWORD } from '../support/engine.js';
import { eventually } from '../support/eventually.js';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start();
  await engine.startWorker();
}, 60_000);

afterAll(() => engine.close());

describe('the life of an agent', () => {
  it('is installed, reinstalled, uninstalled and removed', async () => {
    const { host, machine, fleet } = await engine.aTarget();

    const install = await engine.queue(host, 'INSTALL');
    const installed = await engine.endOf(install);
    const log = (await engine.logOf(install)).join('\n');
    expect([installed.errCode, log]).toEqual(['SUCCESS', expect.stringContaining('setup done')]);
    expect(installed).toMatchObject({ status: 'SUCCESS', step: 'OVER_SUCCESS', attempt: 1, losses: 0 });
    expect(installed.finishedSteps).toEqual([
      ...['INIT', 'SSH_LOGIN', 'INSTALL_DEP', 'DOWNLOAD_FILE', 'EXECUTE_SCRIPT', 'SCRIPT_DONE', 'REGISTER_CMDB'],
      'WAIT_AGENT',
    ]);
    expect(log).not.toContain(PASSWORD);
    await eventually(async () => (await engine.hostOf(host.id)).agentStatus === 'RUNNING');
    expect(await engine.hostOf(host.id)).toMatchObject({
      agentInstalled: true,
      agentVersion: '1.1.0',
      jobStatus: 'SUCCESS',
    });
    const { manager } = engine.dataSource;
    expect(await manager.countBy(CmdbMember, { cloudId: 0, address: host.innerIp })).toBe(1);
    expect(machine.loginAttempts.filter(({ wasAccepted }) => wasAccepted)).toHaveLength(1);

    const reinstall = await engine.endOf(await engine.queue(host, 'REINSTALL'));
    expect(reinstall).toMatchObject({ status: 'SUCCESS', errCode: 'SUCCESS' });

    const uninstall = await engine.endOf(await engine.queue(host, 'UNINSTALL'));
    expect([uninstall.errCode, await engine.logOf(uninstall)]).toEqual(['SUCCESS', expect.anything()]);
    expect(await engine.hostOf(host.id)).toMatchObject({ agentInstalled: false, agentStatus: 'TERMINATED' });
    expect(await fleet.processes()).toEqual([]);
    expect(await readdir(join(machine.root, 'opt')).catch(() => [])).toEqual([]);

    const remove = await engine.endOf(await engine.queue(host, 'REMOVE'));
    expect(remove).toMatchObject({ status: 'SUCCESS', errCode: 'SUCCESS' });
    expect((await engine.hostOf(host.id)).removedAt).not.toBeNull();
    expect(await manager.countBy(CmdbMember, { address: host.innerIp })).toBe(0);
    expect(await manager.countBy(HostKey, { address: host.innerIp })).toBe(0);
    expect(await manager.countBy(Credential, { hostId: host.id })).toBe(0);
  }, 60_000);
});
