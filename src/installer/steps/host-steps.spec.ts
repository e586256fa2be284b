import { aTestEnv } from '../../../test/support/env.js';
import { aClaimedRun, aStepContext, FakeScript, failureOf } from '../../../test/support/steps.js';
import { callFailed } from '../remote/script-failures.js';
import { InstallDepStep } from './install-dep.step.js';
import { SshLoginStep } from './ssh-login.step.js';

describe('SSH_LOGIN', () => {
  const step = new SshLoginStep(aTestEnv());

  it('opens the script and tells what host it is on', async () => {
    const script = new FakeScript().onCall('facts', () => void script.facts.set('arch', 'x86_64'));
    const context = aStepContext({}, { script });
    await step.run(context);
    expect(context.hostCalls).toEqual(['script']);
    expect(context.lines).toEqual(['The host: arch=x86_64']);
  });

  it('masks what a host says about itself', async () => {
    const script = new FakeScript().onCall('facts', () => void script.facts.set('hostname', 'my-secret'));
    const context = aStepContext({}, { script });
    context.journal.redactor.learn('my-secret');
    await step.run(context);
    expect(context.lines).toEqual(['The host: hostname=******']);
  });

  it('fails with what the host fails with', async () => {
    const context = aStepContext();
    context.host.script = () => Promise.reject(new Error('no way in'));
    expect(await failureOf(step, context)).toMatchObject({ message: 'no way in' });
  });

  it('leaves time for three logins', () => {
    const env = aTestEnv({ sshConnectTimeoutSeconds: 10, sshLoginTimeoutSeconds: 20 });
    const direct = new SshLoginStep(env).timeoutMs(aClaimedRun());
    expect(direct).toBeGreaterThan(90_000);
    expect(new SshLoginStep(env).timeoutMs(aClaimedRun({ nodeType: 'PAGENT' }))).toBe(2 * direct);
  });
});

describe('INSTALL_DEP', () => {
  const step = new InstallDepStep();

  it('has the script look, and bring what lacks', async () => {
    const context = aStepContext({}, { script: new FakeScript().onCall('deps') });
    await step.run(context);
    expect(context.script.calls).toEqual(['deps']);
  });

  it('has it look for nginx too on a PROXY', async () => {
    const script = new FakeScript().onCall('deps').onCall('deps_proxy');
    await step.run(aStepContext({ nodeType: 'PROXY' }, { script }));
    expect(script.calls).toEqual(['deps', 'deps_proxy']);
  });

  it('fails with the words of the script', async () => {
    const script = new FakeScript().onCall('deps', () => {
      throw callFailed('COMMAND_NOT_FOUND', 'these commands are missing: tar', {});
    });
    expect(await failureOf(step, aStepContext({}, { script }))).toMatchObject({
      errCode: 'COMMAND_NOT_FOUND',
      message: expect.stringContaining('missing: tar'),
    });
  });
});
