import { aTestEnv } from '../../../test/support/env.js';
import { FakeSshSession } from '../../../test/support/fake-ssh.js';
import { aStepContext } from '../../../test/support/steps.js';
import { SealBrokenError } from '../../common/crypto/secret-box.js';
import { Text } from '../../common/i18n/text.js';
import type { CredentialsService, OpenCredential } from '../../hosts/credentials.service.js';
import type { HostKeysService } from '../../ssh/host-keys.service.js';
import type { SshSession, SshTarget } from '../../ssh/ssh-session.js';
import { SshError, type SshErrorKind } from '../../ssh/ssh.errors.js';
import type { SshService } from '../../ssh/ssh.service.js';
import { HostLogin } from './host-login.js';

const PASSWORD: OpenCredential = { kind: 'PASSWORD', secret: 'pass-word' };

/** @param outcomes of each connection, in order */
function aLogin(outcomes: (SshErrorKind | SshSession)[], credential: () => Promise<OpenCredential | null>) {
  const targets: SshTarget[] = [];
  const ssh = {
    connect: async (target: SshTarget) => {
      targets.push(target);
      const outcome = outcomes.shift();
      if (outcome === undefined) throw new Error('nobody programmed another connection');
      if (typeof outcome === 'string') throw new SshError(outcome, new Text(`因为 ${outcome}`, `because ${outcome}`));
      return outcome;
    },
  } as unknown as SshService;
  const keys = { check: async () => ({ pinnedKeyType: 'ssh-ed25519', verifyHostKey: async () => true }) };
  const credentials = { open: credential } as unknown as CredentialsService;
  const login = new HostLogin(ssh, keys as unknown as HostKeysService, credentials, aTestEnv());
  const context = aStepContext();
  return { targets, context, open: () => login.open(context.run, context.journal, context.signal) };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: { errCode: string; message: string; name: string }) => error,
  );

describe('HostLogin', () => {
  it('logs in with the stored credential, held to the pinned key, and masks the secret from then on', async () => {
    const { open, targets, context } = aLogin([new FakeSshSession()], async () => PASSWORD);
    await open();
    expect(targets).toEqual([
      {
        ...{ address: '198.18.0.1', port: 22, account: 'root', pinnedKeyType: 'ssh-ed25519' },
        auth: { type: 'PASSWORD', password: 'pass-word' },
      },
    ]);
    expect(context.journal.redactor.mask('pass-word')).toBe('******');
    expect(context.lines).toEqual(['Logged in; host key SHA256:fake']);
  });

  it.each<SshErrorKind>(['refused', 'lost', 'other'])('tries again after what passes: %s', async (kind) => {
    const { open, targets, context } = aLogin([kind, new FakeSshSession()], async () => PASSWORD);
    await open();
    expect(targets).toHaveLength(2);
    expect(context.lines[0]).toBe(`Attempt 1 to log in failed, trying again: because ${kind}`);
  });

  it('gives up after three times', async () => {
    const { open, targets } = aLogin(['refused', 'refused', 'refused'], async () => PASSWORD);
    expect(await failureOf(open())).toMatchObject({ errCode: 'SOCKET_TIMEOUT', name: 'LoginFailure' });
    expect(targets).toHaveLength(3);
  });

  it.each<[SshErrorKind, string]>([
    ['unreachable', 'SOCKET_TIMEOUT'],
    ['connect-timeout', 'SOCKET_TIMEOUT'],
    ['login-timeout', 'SSH_LOGIN_TIMEOUT'],
    ['wrong-password', 'SSH_WRONG_PASSWORD'],
    ['key-unreadable', 'SSH_LOGIN_KEY_ERR'],
    ['key-needs-passphrase', 'SSH_LOGIN_KEY_ERR'],
    ['key-refused', 'SSH_LOGIN_KEY_ERR'],
    ['host-key-changed', 'SSH_LOGIN_KEY_ERR'],
    ['method-not-offered', 'NOT_SUPPORT_AUTH_WAY'],
  ])('never repeats %s, which is %s', async (kind, errCode) => {
    const { open, targets } = aLogin([kind], async () => PASSWORD);
    expect(await failureOf(open())).toMatchObject({ errCode, name: 'LoginFailure' });
    expect(targets).toHaveLength(1);
  });

  it('says how a changed host key is forgotten', async () => {
    const { open } = aLogin(['host-key-changed'], async () => PASSWORD);
    expect((await failureOf(open())).message).toContain('DELETE /api/1/hosts/12/host_keys/');
  });

  it('says how to give a credential again that is gone, or was sealed by another key', async () => {
    for (const open of [() => Promise.resolve(null), () => Promise.reject(new SealBrokenError())]) {
      const failure = await failureOf(aLogin([], open).open());
      expect(failure).toMatchObject({ errCode: 'SSH_LOGIN_EXCEPT', name: 'LoginFailure' });
      expect(failure.message).toContain('UPDATE_AUTHINFO');
    }
  });

  it('leaves a host on which it cannot become root', async () => {
    const session = new FakeSshSession().onExec('sudo -n true', { code: 11 });
    const login = aLogin([session], async () => PASSWORD);
    Object.assign(login.context.run, { account: 'ann' });
    expect(await failureOf(login.open())).toMatchObject({ errCode: 'COMMAND_NOT_FOUND' });
    expect(session.isClosed).toBe(true);
  });
});
