import { PassThrough } from 'node:stream';
import { aTestEnv } from '../../../test/support/env.js';
import { FakeSshSession } from '../../../test/support/fake-ssh.js';
import { aStepContext } from '../../../test/support/steps.js';
import { SealBrokenError } from '../../common/crypto/secret-box.js';
import { Text } from '../../common/i18n/text.js';
import type { CredentialsService, OpenCredential } from '../../hosts/credentials.service.js';
import type { HostKeyPlace, HostKeysService } from '../../ssh/host-keys.service.js';
import type { SshSession, SshTarget } from '../../ssh/ssh-session.js';
import { SshError, type SshErrorKind } from '../../ssh/ssh.errors.js';
import type { SshService } from '../../ssh/ssh.service.js';
import { HostLogin } from './host-login.js';
import { DirectRoute, type HostRoute } from './host-route.js';

const PASSWORD: OpenCredential = { kind: 'PASSWORD', secret: 'pass-word' };

/** @param outcomes of each connection, in order */
function aLogin(
  outcomes: (SshErrorKind | SshSession)[],
  credential: () => Promise<OpenCredential | null>,
  route: HostRoute = new DirectRoute('198.18.0.1'),
) {
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
  const places: HostKeyPlace[] = [];
  const keys = {
    check: async (place: HostKeyPlace) => {
      places.push(place);
      return { pinnedKeyType: 'ssh-ed25519', verifyHostKey: async () => true };
    },
  };
  const credentials = { open: credential } as unknown as CredentialsService;
  const login = new HostLogin(ssh, keys as unknown as HostKeysService, credentials, aTestEnv());
  const context = aStepContext();
  const open = () => login.open(context.run, route, context.journal, context.signal);
  return { targets, places, context, open };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: { errCode: string; message: string; name: string }) => error,
  );

/** A way through something, and the streams that it gave. */
function aWayThrough() {
  const streams: PassThrough[] = [];
  const route: HostRoute = {
    address: '10.0.0.5',
    open: async () => streams[streams.push(new PassThrough()) - 1],
    another: (error) => Promise.reject(error as Error),
  };
  return { route, streams };
}

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
    expect(await failureOf(open())).toMatchObject({ errCode, name: 'LoginFailure', clues: { sshKind: kind } });
    expect(targets).toHaveLength(1);
  });

  it.each([
    ['is gone', () => Promise.resolve(null), /are wiped after 24 h/],
    ['was sealed by another key', () => Promise.reject(new SealBrokenError()), /sealed under another SECRET_KEY/],
  ])('says that the credential %s', async (_what, credential, message) => {
    expect(await failureOf(aLogin([], credential).open())).toMatchObject({
      ...{ errCode: 'SSH_LOGIN_EXCEPT', name: 'LoginFailure' },
      message: expect.stringMatching(message),
    });
  });

  it('leaves a host on which it cannot become root', async () => {
    const session = new FakeSshSession().onExec('sudo -n true', { code: 11 });
    const login = aLogin([session], async () => PASSWORD);
    Object.assign(login.context.run, { account: 'ann' });
    expect(await failureOf(login.open())).toMatchObject({ errCode: 'COMMAND_NOT_FOUND' });
    expect(session.isClosed).toBe(true);
  });

  it('logs in through what the way there gives, a new stream for each try, and leaves none behind', async () => {
    const { route, streams } = aWayThrough();
    const { open, targets } = aLogin(['lost', new FakeSshSession()], async () => PASSWORD, route);
    await open();
    expect(targets.map(({ address, sock }) => [address, sock])).toEqual(streams.map((each) => ['10.0.0.5', each]));
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  it('pins the key under the identity of a host, whichever address it is logged in to at', async () => {
    const { open, targets, places } = aLogin(
      [new FakeSshSession()],
      async () => PASSWORD,
      new DirectRoute('203.0.113.9'),
    );
    await open();
    expect([targets[0]!.address, places]).toEqual(['203.0.113.9', [{ cloudId: 0, address: '198.18.0.1', port: 22 }]]);
  });

  it('does not blame the host when the way there fails', async () => {
    const { route } = aWayThrough();
    const failed = new Error('the proxy is at fault');
    const { open, targets } = aLogin([], async () => PASSWORD, { ...route, open: () => Promise.reject(failed) });
    expect(await failureOf(open())).toBe(failed);
    expect(targets).toEqual([]);
  });
});
