import { aStepContext, failureOf } from '../../../test/support/steps.js';
import type { ConfigService } from '../../config/config.service.js';
import { InitStep } from './init.step.js';

const withServers = (...inner: string[]) =>
  new InitStep({ nginx: async () => ({ inner, outer: [] }) } as unknown as ConfigService);

describe('INIT', () => {
  it('says what will be done, and where', async () => {
    const context = aStepContext();
    await withServers('10.0.0.1:80').run(context);
    expect(context.lines).toEqual(['INSTALL AGENT on 198.18.0.1:22, account root, login by PASSWORD']);
    expect(context.hostCalls).toEqual([]);
  });

  it('needs no file server to take an agent off', async () => {
    await withServers().run(aStepContext({ opType: 'UNINSTALL' }));
  });

  it('refuses an installation when nobody has said where packages come from', async () => {
    expect(await failureOf(withServers(), aStepContext())).toMatchObject({
      errCode: 'CURL_FILE_FAILED',
      message: expect.stringContaining('/api/config/kv/'),
    });
    const unset = new InitStep({ nginx: async () => null } as unknown as ConfigService);
    expect(await failureOf(unset, aStepContext())).toMatchObject({ errCode: 'CURL_FILE_FAILED' });
  });

  it('refuses what this version does not do', async () => {
    for (const run of [{ opType: 'UPGRADE' }, { nodeType: 'PROXY' }, { nodeType: 'PAGENT' }] as const) {
      expect(await failureOf(withServers('a:1'), aStepContext(run))).toMatchObject({
        errCode: 'CELERY_TASK_EXCEPT',
        message: expect.stringContaining('does not do'),
      });
    }
  });
});
