import type { DataSource } from 'typeorm';
import { aTestEnv } from '../../../test/support/env.js';
import { aStepContext, FakeScript, failureOf, type StepWorld } from '../../../test/support/steps.js';
import { Text } from '../../common/i18n/text.js';
import type { ProxiesService, ProxyView } from '../../proxies/proxies.service.js';
import type { ProxyLines } from '../../proxies/proxy-lines.js';
import type { ServerKeyService } from '../../proxies/server-key.service.js';
import { SshError } from '../../ssh/ssh.errors.js';
import type { ScriptSource } from '../remote/script-source.js';
import type { StepContext } from '../step.js';
import type { InstallAgent } from '../work/install-agent.js';
import { InstallProxy } from '../work/install-proxy.js';
import { CreateJobScriptStep } from './create-job-script.step.js';
import { ExecuteJobStep } from './execute-job.step.js';

const aProxy = (innerIp: string, isUsable = true): ProxyView => ({
  ...{ hostId: 2, cloudId: 3, innerIp, outerIp: null, port: 22, account: 'root', isUsable },
});

describe('CREATE_JOB_SCRIPT', () => {
  const source = { read: async () => ({ bootstrap: '', script: 'x'.repeat(2_500) }) } as unknown as ScriptSource;
  const aStep = (...proxies: ProxyView[]) =>
    new CreateJobScriptStep({ of: async () => proxies } as unknown as ProxiesService, source);

  it('says what will go through which proxies', async () => {
    const context = aStepContext({ nodeType: 'PAGENT', cloudId: 3 });
    await aStep(aProxy('10.0.0.2'), aProxy('10.0.0.3', false)).run(context);
    expect(context.lines).toEqual([
      'Script of 3 KiB, to go through proxy 10.0.0.2 (usable), proxy 10.0.0.3 (not usable now)',
    ]);
    expect(context.hostCalls).toEqual([]);
  });

  it('is START_JOB_FAILED where the area has no proxy', async () => {
    expect(await failureOf(aStep(), aStepContext({ nodeType: 'PAGENT', cloudId: 3 }))).toMatchObject({
      errCode: 'START_JOB_FAILED',
      message: 'Cloud 3 has no installed proxy',
    });
  });
});

describe('EXECUTE_JOB', () => {
  const installed: StepContext[] = [];
  const installation = {
    run: async (context: StepContext) => void installed.push(context),
  } as unknown as InstallAgent;
  const step = new ExecuteJobStep(installation, aTestEnv({ jobTimeoutSeconds: 90 }));

  it('brings what the script needs, then installs', async () => {
    const context = aStepContext({ nodeType: 'PAGENT' }, { script: new FakeScript().onCall('deps') });
    await step.run(context);
    expect(context.script.calls).toEqual(['deps']);
    expect(installed).toEqual([context]);
  });

  it('does not look for commands twice in one session', async () => {
    const context = aStepContext({ nodeType: 'PAGENT' }, { script: new FakeScript().onCall('deps') });
    await step.run(context);
    await step.run(context);
    expect(context.script.calls).toEqual(['deps']);
  });

  it('is JOB_TIMEOUT when its own time is over', () => {
    expect(step.timeoutMs()).toBe(90_000);
    expect(step.timedOut()).toMatchObject({
      errCode: 'JOB_TIMEOUT',
      message: expect.stringContaining('EXECUTE_JOB'),
    });
  });
});

describe('what makes a host a proxy', () => {
  /** @param check what walking through it comes to */
  function aDoor(check: () => Promise<void> = async () => undefined) {
    const walked: ProxyView[] = [];
    const marked: unknown[][] = [];
    const work = new InstallProxy(
      { publicKey: async () => 'ssh-ed25519 AAAA' } as unknown as ServerKeyService,
      { markInstalled: async (...given: unknown[]) => void marked.push(given) } as unknown as ProxiesService,
      { check: (proxy: ProxyView) => (walked.push(proxy), check()) } as unknown as ProxyLines,
      aTestEnv({ proxyPort: 17980 }),
      { manager: 'manager' } as unknown as DataSource,
    );
    return { work, walked, marked };
  }

  function aProxyHost(): StepWorld {
    const script = new FakeScript().onCall('proxy').onCall('trust');
    const run = { nodeType: 'PROXY', cloudId: 3, innerIp: '10.0.0.2', outerIp: '203.0.113.2', account: 'ops' } as const;
    return aStepContext(run, { script });
  }

  it('is nginx, the server key, and a way through that was walked', async () => {
    const { work, walked, marked } = aDoor();
    const context = aProxyHost();
    await work.run(context);
    expect(context.script.calls).toEqual(['proxy', 'trust']);
    expect(Object.fromEntries(context.script.values)).toEqual({ server_key: 'ssh-ed25519 AAAA' });
    expect(walked).toMatchObject([{ hostId: 12, innerIp: '10.0.0.2', outerIp: '203.0.113.2', account: 'ops' }]);
    expect(marked).toEqual([['manager', 12, 'ops']]);
    expect(context.lines[0]).toContain('serves its area on 10.0.0.2:17980');
  });

  it('is INSTALL_FAILED with the reason when the way through does not hold, and is then no proxy', async () => {
    const { work, marked } = aDoor(() =>
      Promise.reject(new SshError('forward-refused', Text.verbatim('administratively prohibited'))),
    );
    const failure = await work.run(aProxyHost()).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      errCode: 'INSTALL_FAILED',
      message: expect.stringContaining('administratively prohibited'),
      clues: { sshKind: 'forward-refused' },
    });
    expect(marked).toEqual([]);
  });
});
