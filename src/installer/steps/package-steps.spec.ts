import { aTestEnv } from '../../../test/support/env.js';
import { aStepContext, FakeScript, failureOf } from '../../../test/support/steps.js';
import type { AgentTokensService } from '../../agents/agent-tokens.service.js';
import type { ConfigService } from '../../config/config.service.js';
import { PackageNotFoundError } from '../../packages/package.errors.js';
import type { PackagesService } from '../../packages/packages.service.js';
import { PackageOrder } from '../package-order.js';
import { callFailed } from '../remote/script-failures.js';
import { InstallAgent } from '../work/install-agent.js';
import { DownloadFileStep } from './download-file.step.js';
import { ExecuteScriptStep } from './execute-script.step.js';
import { ScriptDoneStep } from './script-done.step.js';

const SHA = 'ab'.repeat(32);
const chosen = {
  name: 'nodeman-agent',
  version: '1.0.0',
  fileName: 'nodeman-agent-1.0.0-linux-x86_64.tgz',
  sha256: SHA,
};

const aHostScript = (): FakeScript => {
  const script = new FakeScript();
  return script.onCall('facts', () => void script.facts.set('os', 'linux').set('arch', 'x86_64'));
};

function anOrder(inner = ['10.0.0.1:80', '10.0.0.2:80']) {
  const picks: object[] = [];
  const packages = { pick: async (wanted: object) => (picks.push(wanted), chosen) } as unknown as PackagesService;
  const config = { nginx: async () => ({ inner, outer: [] }) } as unknown as ConfigService;
  return { order: new PackageOrder(packages, config, aTestEnv({ heartbeatIntervalSeconds: 30 })), picks, config };
}

const tokens = (token = 'secret-token') => ({ issue: async () => token }) as unknown as AgentTokensService;

describe('DOWNLOAD_FILE', () => {
  it('tells the host which package it is to fetch from where, in order', async () => {
    const { order, picks } = anOrder();
    const context = aStepContext({}, { script: aHostScript().onCall('download') });
    await new DownloadFileStep(order).run(context);
    expect(picks).toEqual([{ name: 'nodeman-agent', os: 'linux', arch: 'x86_64' }]);
    expect(Object.fromEntries(context.script.values)).toEqual({
      run_id: '7',
      host_id: '12',
      servers: '10.0.0.1:80 10.0.0.2:80',
      interval: '30',
      package_name: 'nodeman-agent',
      package_version: '1.0.0',
      package_file: chosen.fileName,
      package_sha256: SHA,
    });
    expect(context.script.calls).toEqual(['facts', 'download']);
  });

  it('does not download twice in one session, nor choose again', async () => {
    const { order, picks } = anOrder();
    const context = aStepContext({}, { script: aHostScript().onCall('download') });
    const step = new DownloadFileStep(order);
    await step.run(context);
    await step.run(context);
    expect(context.script.calls).toEqual(['facts', 'download']);
    expect(picks).toHaveLength(1);
  });

  it('fails usefully when there is no package for the host', async () => {
    const { config } = anOrder();
    const packages = {
      pick: () => Promise.reject(new PackageNotFoundError({ name: 'nodeman-agent', os: 'linux', arch: 'x86_64' })),
    } as unknown as PackagesService;
    const step = new DownloadFileStep(new PackageOrder(packages, config, aTestEnv()));
    expect(await failureOf(step, aStepContext({}, { script: aHostScript() }))).toMatchObject({
      errCode: 'CURL_FILE_FAILED',
      message: expect.stringMatching(/linux\/x86_64.*POST \/api\/packages\//),
    });
  });

  it('fails usefully when the servers were taken away meanwhile', async () => {
    const { order } = anOrder([]);
    expect(await failureOf(new DownloadFileStep(order), aStepContext({}, { script: aHostScript() }))).toMatchObject({
      errCode: 'CURL_FILE_FAILED',
    });
  });
});

describe('EXECUTE_SCRIPT', () => {
  const aStep = () => new ExecuteScriptStep(new InstallAgent(anOrder().order, tokens()));

  it('installs with a token of its own, which the log never shows', async () => {
    const script = aHostScript().onCall('download').onCall('install');
    const context = aStepContext({}, { script });
    await aStep().run(context);
    expect(script.calls).toEqual(['facts', 'download', 'install']);
    expect(script.values.get('token')).toBe('secret-token');
    expect(context.journal.redactor.mask('is secret-token')).toBe('is ******');
  });

  it('does not download again what this session has downloaded', async () => {
    const { order } = anOrder();
    const context = aStepContext({}, { script: aHostScript().onCall('download').onCall('install') });
    await new DownloadFileStep(order).run(context);
    await new ExecuteScriptStep(new InstallAgent(order, tokens())).run(context);
    expect(context.script.calls).toEqual(['facts', 'download', 'install']);
  });

  it.each(['UNINSTALL', 'REMOVE'] as const)('%s takes the agent off, whether or not there is one', async (opType) => {
    const context = aStepContext({ opType }, { script: new FakeScript().onCall('uninstall') });
    await aStep().run(context);
    expect(context.script.calls).toEqual(['uninstall']);
    expect(context.script.values.size).toBe(0);
  });

  it('fails with the words of the script', async () => {
    const script = aHostScript()
      .onCall('download')
      .onCall('install', () => {
        throw callFailed('INSTALL_FAILED', 'no space left on /opt');
      });
    expect(await failureOf(aStep(), aStepContext({}, { script }))).toMatchObject({
      errCode: 'INSTALL_FAILED',
      message: expect.stringContaining('no space left on /opt'),
    });
  });
});

describe('SCRIPT_DONE', () => {
  const aStep = () => new ScriptDoneStep(anOrder().order);

  it('proves the installation, ends the script and leaves', async () => {
    const context = aStepContext({}, { script: aHostScript().onCall('verify') });
    await aStep().run(context);
    expect(context.script.calls).toEqual(['facts', 'verify']);
    expect(context.script.values.get('package_version')).toBe('1.0.0');
    expect(context.hostCalls).toEqual(['script', 'stop', 'close']);
  });

  it('proves that nothing is left of an agent', async () => {
    const context = aStepContext({ opType: 'UNINSTALL' }, { script: new FakeScript().onCall('gone') });
    await aStep().run(context);
    expect(context.script.calls).toEqual(['gone']);
  });

  it('says so when the script does not end, and leaves all the same', async () => {
    const script = new FakeScript().onCall('gone');
    const context = aStepContext({ opType: 'UNINSTALL' }, { script, proof: 'unproven' });
    await aStep().run(context);
    expect(context.lines.at(-1)).toMatch(/did not answer/);
    expect(context.hostCalls).toContain('close');
  });

  it('fails when the agent does not run', async () => {
    const script = aHostScript().onCall('verify', () => {
      throw callFailed('INSTALL_FAILED', 'the agent does not run');
    });
    const context = aStepContext({}, { script });
    expect(await failureOf(aStep(), context)).toMatchObject({ errCode: 'INSTALL_FAILED' });
    expect(context.hostCalls).not.toContain('close');
  });
});
