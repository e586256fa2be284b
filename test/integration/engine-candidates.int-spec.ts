import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CmdbMember } from '../../src/cmdb/cmdb-member.entity.js';
import { Engine } from '../support/engine.js';
import { aMember, aModule, aSet } from '../support/factories.js';

let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start();
  await engine.startWorker();
});
afterAll(() => engine?.close());

it('a host that was only looked at leaves the list without being asked, and the CMDB is none of our business', async () => {
  const { host } = await engine.aTarget({}, { isCandidate: true });
  const { dataSource } = engine;
  await aMember(dataSource, await aModule(dataSource, await aSet(dataSource)), host);
  const run = await engine.queue(host, 'REMOVE');
  expect(await engine.endOf(run)).toMatchObject({ status: 'SUCCESS', finishedSteps: ['INIT'] });
  expect((await engine.hostOf(host.id)).removedAt).not.toBeNull();
  expect(await engine.logOf(run)).not.toContainEqual(expect.stringContaining('SSH_LOGIN'));
  expect(await dataSource.manager.countBy(CmdbMember, { address: host.innerIp })).toBe(1);
});
