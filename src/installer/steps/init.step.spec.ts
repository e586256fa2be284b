import { aStepContext, failureOf } from '../../../test/support/steps.js';
import type { ConfigService } from '../../config/config.service.js';
import type { NginxSetting } from '../../config/nginx.setting.js';
import { HostServers } from '../../proxies/host-servers.js';
import type { ProxiesService } from '../../proxies/proxies.service.js';
import { FileServers } from '../file-servers.js';
import { InitStep } from './init.step.js';

const SERVERS: NginxSetting = { inner: ['10.0.0.1:80'], outer: ['203.0.113.1:80'] };

function aStep(setting: NginxSetting | null = SERVERS, proxies: string[] = []): InitStep {
  const config = { nginx: async () => setting } as unknown as ConfigService;
  const doors = { of: async () => proxies.map((innerIp) => ({ innerIp })) } as unknown as ProxiesService;
  return new InitStep(new FileServers(new HostServers(config, doors)), doors);
}

describe('INIT', () => {
  it('says what will be done, and where', async () => {
    const context = aStepContext();
    await aStep().run(context);
    expect(context.lines).toEqual(['INSTALL AGENT on 198.18.0.1:22, account root, login by PASSWORD']);
    expect(context.hostCalls).toEqual([]);
  });

  it('says that a PROXY is logged in to from outside', async () => {
    const context = aStepContext({ nodeType: 'PROXY', cloudId: 3, outerIp: '203.0.113.9' });
    await aStep().run(context);
    expect(context.lines[0]).toContain('PROXY on 203.0.113.9:22 (198.18.0.1 inside)');
  });

  it('says through which proxies a PAGENT is reached, and asks for no nginx setting: they serve it', async () => {
    const context = aStepContext({ nodeType: 'PAGENT', cloudId: 3 });
    await aStep(null, ['10.0.0.2', '10.0.0.3']).run(context);
    expect(context.lines[0]).toContain('198.18.0.1:22 (through the proxies of cloud 3: 10.0.0.2, 10.0.0.3)');
  });

  it('says that the agent does it itself', async () => {
    const context = aStepContext({ opType: 'UNINSTALL', isThroughAgent: true });
    await aStep().run(context);
    expect(context.lines).toEqual([
      'UNINSTALL AGENT on 198.18.0.1: no password or key is stored, the agent that runs there does it',
    ]);
  });

  it('needs no file server to take an agent off', async () => {
    await aStep(null).run(aStepContext({ opType: 'UNINSTALL' }));
  });

  it.each([
    ['AGENT', { inner: [], outer: ['a:1'] }, 'inner_ip'],
    ['PROXY', { inner: ['a:1'], outer: [] }, 'outer_ip'],
    ['AGENT', null, 'inner_ip'],
  ] as const)(
    'refuses to install an %s when nobody has said where it fetches from',
    async (nodeType, setting, field) => {
      expect(await failureOf(aStep(setting), aStepContext({ nodeType, cloudId: 3 }))).toMatchObject({
        errCode: 'CURL_FILE_FAILED',
        message: expect.stringContaining(`${field} of the nginx setting is empty`),
      });
    },
  );
});
