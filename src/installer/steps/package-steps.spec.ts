import { aTestEnv } from '../../../test/support/env.js';
import { aStepContext, FakeScript, failureOf } from '../../../test/support/steps.js';
import type { AgentCommandKeys } from '../../agents/agent-command-keys.service.js';
import type { AgentCommands, CommandResult } from '../../agents/agent-commands.service.js';
import type { AgentTokensService } from '../../agents/agent-tokens.service.js';
import type { ConfigService } from '../../config/config.service.js';
import { PackageNotFoundError } from '../../packages/package.errors.js';
import type { PackagesService } from '../../packages/packages.service.js';
import { HostServers } from '../../proxies/host-servers.js';
import type { ProxiesService } from '../../proxies/proxies.service.js';
import { FileServers } from '../file-servers.js';
import { PackageOrder } from '../package-order.js';
import { callFailed, diedEarly } from '../remote/script-failures.js';
import { LoginFailure, type RunFailure } from '../run.failures.js';
import type { StepContext } from '../step.js';
import type { CommandAgent } from '../work/command-agent.js';
import { InstallAgent } from '../work/install-agent.js';
import { UninstallAgent } from '../work/uninstall-agent.js';
import type { ServerKeyService } from '../../proxies/server-key.service.js';
import type { InstallProxy } from '../work/install-proxy.js';
import type { Precheck } from '../work/precheck.js';
import type { UpgradeTrial } from '../work/upgrade-trial.js';
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
  const config = { nginx: async () => ({ inner, outer: ['203.0.113.1:80'] }) } as unknown as ConfigService;
  const proxies = { areaServers: async () => ['10.9.0.2:17980', '10.9.0.3:17980'] } as unknown as ProxiesService;
  const servers = new FileServers(new HostServers(config, proxies));
  const env = aTestEnv({ heartbeatIntervalSeconds: 30, proxyPort: 17980 });
  return { order: new PackageOrder(packages, servers, env), picks, servers };
}

/** What installs, with the proxy's part recorded in `doors`. */
function anInstallation(order = anOrder().order) {
  const tokens = { issue: async () => 'secret-token' } as unknown as AgentTokensService;
  const commandKeys = { forHost: async () => 'secret-key' } as unknown as AgentCommandKeys;
  const doors: number[] = [];
  const proxy = { run: async ({ run }: StepContext) => void doors.push(run.hostId) } as unknown as InstallProxy;
  const env = aTestEnv({ waitAgentTimeoutSeconds: 60 });
  return { installation: new InstallAgent(order, tokens, commandKeys, proxy, env), doors };
}

describe('DOWNLOAD_FILE', () => {
  it.each([
    ['PROXY', '203.0.113.1:80', '198.18.0.1:17980'],
    ['PAGENT', '10.9.0.2:17980 10.9.0.3:17980', undefined],
  ] as const)('sends a %s to the servers of its kind', async (nodeType, servers, listen) => {
    const context = aStepContext({ nodeType, cloudId: 3 }, { script: aHostScript().onCall('download') });
    await new DownloadFileStep(anOrder().order).run(context);
    expect([context.script.values.get('servers'), context.script.values.get('listen')]).toEqual([servers, listen]);
  });

  it('asks for the version that the task names', async () => {
    const { order, picks } = anOrder();
    const context = aStepContext({ packageVersion: '0.9.0' }, { script: aHostScript().onCall('download') });
    await new DownloadFileStep(order).run(context);
    expect(picks).toEqual([expect.objectContaining({ version: '0.9.0' })]);
  });

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
    const { servers } = anOrder();
    const packages = {
      pick: () => Promise.reject(new PackageNotFoundError({ name: 'nodeman-agent', os: 'linux', arch: 'x86_64' })),
    } as unknown as PackagesService;
    const step = new DownloadFileStep(new PackageOrder(packages, servers, aTestEnv()));
    expect(await failureOf(step, aStepContext({}, { script: aHostScript() }))).toMatchObject({
      errCode: 'CURL_FILE_FAILED',
      message: expect.stringContaining('linux/x86_64'),
    });
  });

  it('fails usefully when the servers were taken away meanwhile', async () => {
    const { order } = anOrder([]);
    expect(await failureOf(new DownloadFileStep(order), aStepContext({}, { script: aHostScript() }))).toMatchObject({
      errCode: 'CURL_FILE_FAILED',
    });
  });
});

const uninstallation = new UninstallAgent({
  publicKey: async () => 'ssh-ed25519 AAAA',
} as Partial<ServerKeyService> as ServerKeyService);

describe('EXECUTE_SCRIPT', () => {
  const aStepWith = (installation: InstallAgent, others: Partial<{ command: CommandAgent; precheck: Precheck }> = {}) =>
    new ExecuteScriptStep(installation, others.command as CommandAgent, others.precheck as Precheck, uninstallation);
  const aStep = (...others: [Partial<{ command: CommandAgent; precheck: Precheck }>?]) =>
    aStepWith(anInstallation().installation, ...others);

  it('installs with a token and a key of its own, which the log never shows', async () => {
    const script = aHostScript().onCall('download').onCall('install');
    const context = aStepContext({}, { script });
    await aStep().run(context);
    expect(script.calls).toEqual(['facts', 'download', 'install']);
    expect(script.values.get('token')).toBe('secret-token');
    expect(script.values.get('command_key')).toBe('secret-key');
    expect(context.journal.redactor.mask('secret-token and secret-key')).toBe('****** and ******');
  });

  it('does not download again what this session has downloaded', async () => {
    const { order } = anOrder();
    const context = aStepContext({}, { script: aHostScript().onCall('download').onCall('install') });
    await new DownloadFileStep(order).run(context);
    await aStepWith(anInstallation(order).installation).run(context);
    expect(context.script.calls).toEqual(['facts', 'download', 'install']);
  });

  it('makes a door of a PROXY, and of nothing else', async () => {
    for (const nodeType of ['AGENT', 'PROXY'] as const) {
      const { installation, doors } = anInstallation();
      const script = aHostScript().onCall('download').onCall('install');
      await aStepWith(installation).run(aStepContext({ nodeType }, { script }));
      expect(doors).toEqual(nodeType === 'PROXY' ? [12] : []);
    }
  });

  it('tries an upgrade for longer than its first report may take', async () => {
    const script = aHostScript().onCall('download').onCall('install');
    await aStep().run(aStepContext({ opType: 'UPGRADE' }, { script }));
    expect(script.values.get('trial')).toBe('90');
  });

  it.each(['UNINSTALL', 'REMOVE'] as const)('%s takes the agent off, whether or not there is one', async (opType) => {
    const context = aStepContext({ opType }, { script: new FakeScript().onCall('uninstall') });
    await aStep().run(context);
    expect(context.script.calls).toEqual(['uninstall']);
    expect(context.script.values.size).toBe(0);
  });

  it('tells a proxy which key is to leave with everything else', async () => {
    const context = aStepContext(
      { opType: 'UNINSTALL', nodeType: 'PROXY' },
      { script: new FakeScript().onCall('uninstall') },
    );
    await aStep().run(context);
    expect(context.script.values.get('server_key')).toBe('ssh-ed25519 AAAA');
  });

  it('leaves it to the agent where that is all there is', async () => {
    const asked: StepContext[] = [];
    const command = { timeoutMs: 135_000, uninstall: async (context: StepContext) => void asked.push(context) };
    const step = aStep({ command: command as Partial<CommandAgent> as CommandAgent });
    const context = aStepContext({ opType: 'UNINSTALL', isThroughAgent: true });
    await step.run(context);
    expect([asked, context.hostCalls]).toEqual([[context], []]);
    expect(step.timeoutMs(context.run)).toBe(135_000);
    expect(step.timedOut(context.run)).toMatchObject({ errCode: 'WAIT_AGENT_TIMEOUT' });
    expect(step.timedOut(context.run)).toBeInstanceOf(LoginFailure);
  });

  it('only looks, for a check', async () => {
    const asked: StepContext[] = [];
    const precheck = { run: async (context: StepContext) => void asked.push(context) } as Partial<Precheck> as Precheck;
    const context = aStepContext({ opType: 'PRECHECK' });
    await aStep({ precheck }).run(context);
    expect(asked).toEqual([context]);
  });

  it('fails with the words of the script', async () => {
    const script = aHostScript()
      .onCall('download')
      .onCall('install', () => {
        throw callFailed('INSTALL_FAILED', 'no space left on /opt', {});
      });
    expect(await failureOf(aStep(), aStepContext({}, { script }))).toMatchObject({
      errCode: 'INSTALL_FAILED',
      message: expect.stringContaining('no space left on /opt'),
    });
  });
});

describe('SCRIPT_DONE', () => {
  const abandoned: string[] = [];
  const abandon = async (_context: unknown, failure: RunFailure) => {
    abandoned.push(failure.message);
    throw failure;
  };
  const aStep = (result: CommandResult | null = null) =>
    new ScriptDoneStep(
      anOrder().order,
      { findResult: async () => result } as Partial<AgentCommands> as AgentCommands,
      uninstallation,
      { abandon } as Partial<UpgradeTrial> as UpgradeTrial,
    );

  it('proves the installation, ends the script and leaves', async () => {
    const context = aStepContext({}, { script: aHostScript().onCall('verify') });
    await aStep().run(context);
    expect(context.script.calls).toEqual(['facts', 'verify']);
    expect(context.script.values.get('package_version')).toBe('1.0.0');
    expect(context.hostCalls).toEqual(['script', 'stop', 'close']);
  });

  it('stays on the host while an upgrade is on trial', async () => {
    const context = aStepContext({ opType: 'UPGRADE' }, { script: aHostScript().onCall('verify') });
    await aStep().run(context);
    expect([context.script.calls, context.hostCalls]).toEqual([['facts', 'verify'], ['script']]);
  });

  it('ends the trial of an upgrade whose agent does not run, and of nothing else', async () => {
    const failures = [callFailed('INSTALL_FAILED', 'not running', {}), diedEarly(1, null, {})];
    for (const failure of failures) {
      const script = aHostScript().onCall('verify', () => {
        throw failure;
      });
      await expect(aStep().run(aStepContext({ opType: 'UPGRADE' }, { script }))).rejects.toBe(failure);
    }
    expect(abandoned).toEqual([failures[0]!.message]);
  });

  it('only leaves after a check', async () => {
    const context = aStepContext({ opType: 'PRECHECK' });
    await aStep().run(context);
    expect(context.hostCalls).toEqual(['stop', 'close']);
  });

  it('says what the agent told of taking itself off', async () => {
    const context = aStepContext({ opType: 'UNINSTALL', isThroughAgent: true });
    await aStep({ exitCode: 0, output: 'uninstall done' }).run(context);
    expect([context.hostCalls, context.lines]).toEqual([[], ['What the agent told: exit code 0, uninstall done']]);
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
      throw callFailed('INSTALL_FAILED', 'the agent does not run', {});
    });
    const context = aStepContext({}, { script });
    expect(await failureOf(aStep(), context)).toMatchObject({ errCode: 'INSTALL_FAILED' });
    expect(context.hostCalls).not.toContain('close');
  });
});
