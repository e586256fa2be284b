import { quote } from '../../src/ssh/quote.js';
import type { SshAuth, SshTarget } from '../../src/ssh/ssh-session.js';
import { eventually } from '../support/eventually.js';
import { makeKeyPair, startRealSshd, type RealSshd, type RealSshdOptions } from '../support/real-sshd.js';
import { closeSessions, connect, patiently, sshErrorOf } from '../support/ssh.js';

const PASSWORD = `it's "$HOME" \`id\` \\ 密码 %`;
const servers: RealSshd[] = [];

async function anSshd(options: RealSshdOptions = {}): Promise<RealSshd> {
  const sshd = await startRealSshd(options);
  servers.push(sshd);
  return sshd;
}

function rootOf({ address, port }: RealSshd, auth: SshAuth, changes: Partial<SshTarget> = {}): SshTarget {
  return { address, port, account: 'root', auth, ...changes };
}

const byPassword = (password = PASSWORD): SshAuth => ({ type: 'PASSWORD', password });
const byKey = (key: string): SshAuth => ({ type: 'KEY', key });

afterEach(async () => {
  await closeSessions();
  await Promise.all(servers.splice(0).map((sshd) => sshd.stop()));
});

describe('a real sshd', () => {
  it.each([
    ['password', ['PasswordAuthentication yes', 'KbdInteractiveAuthentication no']],
    ['keyboard-interactive', ['PasswordAuthentication no', 'KbdInteractiveAuthentication yes']],
  ])('takes a password by %s, and refuses a wrong one', async (method, config) => {
    const sshd = await anSshd({ rootPassword: PASSWORD, config: ['UsePAM yes', ...config] });
    const session = await connect(rootOf(sshd, byPassword()));
    await expect(session.exec('id -u', patiently())).resolves.toMatchObject({ stdout: '0\n' });
    expect(session.serverVersion).toMatch(/^OpenSSH_/);
    expect(sshd.log).toContain(`Accepted ${method === 'password' ? 'password' : 'keyboard-interactive/pam'} for root`);
    await sshErrorOf(connect(rootOf(sshd, byPassword('wrong'))), 'wrong-password');
    await eventually(() => sshd.log.includes('Failed'));
    expect(sshd.log.match(/^Failed (?!none)/gm)).toHaveLength(1);
  });

  it('takes keys of every usual type, and refuses a strange one', async () => {
    const [ed25519, rsa, ecdsa, oldPem, pkcs8, stranger] = await Promise.all([
      makeKeyPair('-t', 'ed25519'),
      makeKeyPair('-t', 'rsa', '-b', '2048'),
      makeKeyPair('-t', 'ecdsa', '-b', '384'),
      makeKeyPair('-t', 'rsa', '-b', '2048', '-m', 'PEM'),
      makeKeyPair('-t', 'ecdsa', '-m', 'PKCS8'),
      makeKeyPair('-t', 'ed25519'),
    ]);
    const known = [ed25519, rsa, ecdsa, oldPem, pkcs8];
    const sshd = await anSshd({ authorizedKeys: known.map(({ publicKey }) => publicKey) });
    for (const { privateKey } of known) await connect(rootOf(sshd, byKey(privateKey)));
    const error = await sshErrorOf(connect(rootOf(sshd, byKey(stranger.privateKey))), 'key-refused');
    expect(error.text.en).toContain('ssh-ed25519 SHA256:');
  });

  it('is told from one that takes the other kind of credential only', async () => {
    const { privateKey } = await makeKeyPair('-t', 'ed25519');
    const keysOnly = await anSshd({ config: ['PasswordAuthentication no', 'KbdInteractiveAuthentication no'] });
    const error = await sshErrorOf(connect(rootOf(keysOnly, byPassword())), 'method-not-offered');
    expect(error.text.en).toContain('it offers publickey');
    const passwordsOnly = await anSshd({ config: ['PubkeyAuthentication no', 'PasswordAuthentication yes'] });
    await sshErrorOf(connect(rootOf(passwordsOnly, byKey(privateKey))), 'method-not-offered');
  });

  it('that wants a second factor is told from one that refuses', async () => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const sshd = await anSshd({ authorizedKeys: [publicKey], config: ['AuthenticationMethods publickey,password'] });
    const error = await sshErrorOf(connect(rootOf(sshd, byKey(privateKey))), 'method-not-offered');
    expect(error.text.en).toContain('second authentication (password)');
  });

  it('that hangs up after the first failure has refused the password', async () => {
    const sshd = await anSshd({ rootPassword: PASSWORD, config: ['PasswordAuthentication yes', 'MaxAuthTries 1'] });
    await sshErrorOf(connect(rootOf(sshd, byPassword('wrong'))), 'wrong-password');
  });

  it.each(['ed25519', 'rsa', 'ecdsa'])('shows the %s host key when that type is pinned', async (type) => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const sshd = await anSshd({ authorizedKeys: [publicKey], hostKeyTypes: ['ed25519', 'rsa', 'ecdsa'] });
    const pinned = await sshd.hostKey(type);
    const pinnedKeyType = pinned.split(' ')[0]!;
    const session = await connect(rootOf(sshd, byKey(privateKey), { pinnedKeyType }));
    expect(`${session.hostKey.type} ${session.hostKey.publicKey}`).toBe(pinned);
  });

  it('sees no login when its host key is refused', async () => {
    const sshd = await anSshd({ rootPassword: PASSWORD });
    const verifyHostKey = (): Promise<boolean> => Promise.resolve(false);
    await sshErrorOf(connect(rootOf(sshd, byPassword()), { verifyHostKey }), 'host-key-changed');
    await eventually(() => /Connection (closed|reset) by|Received disconnect|disconnected/i.test(sshd.log));
    expect(sshd.log).not.toMatch(/for root|user root/);
  });

  it('that keeps its banner back is a login that takes too long', async () => {
    const sshd = await anSshd();
    sshd.freeze();
    await sshErrorOf(connect(rootOf(sshd, byPassword()), { loginTimeoutMs: 200 }), 'login-timeout');
  });

  it('runs commands and processes as documented', async () => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const sshd = await anSshd({ authorizedKeys: [publicKey] });
    const session = await connect(rootOf(sshd, byKey(privateKey)));
    const stdin = `密码\n${'x'.repeat(3_000_000)}`;
    const options = { ...patiently(), stdin, maxOutputBytes: 10_000_000 };
    await expect(session.exec('cat', options)).resolves.toMatchObject({ code: 0, stdout: stdin, truncated: false });
    await expect(session.exec('kill -TERM $$', patiently())).resolves.toMatchObject({ code: null, signal: 'SIGTERM' });
    await expect(session.exec(`printf %s ${quote(PASSWORD)}; exit 7`, patiently())).resolves.toMatchObject({
      code: 7,
      stdout: PASSWORD,
    });
    const lines: string[] = [];
    const process = await session.open('while read -r x; do echo "<$x>"; done; exit 4', {
      signal: new AbortController().signal,
      onLine: (line) => lines.push(line),
    });
    process.write('一');
    process.end();
    await expect(process.closed).resolves.toEqual({ code: 4, signal: null });
    expect(lines).toEqual(['<一>']);
  });

  it('whose limit of sessions is reached refuses a command, and the session lives on', async () => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const sshd = await anSshd({ authorizedKeys: [publicKey], config: ['MaxSessions 1'] });
    const session = await connect(rootOf(sshd, byKey(privateKey)));
    const process = await session.open('cat', { signal: new AbortController().signal, onLine: () => {} });
    await sshErrorOf(session.exec('true', patiently()), 'other');
    process.end();
    await process.closed;
    // sshd counts a session until it has buried the process.
    await eventually(async () => (await session.exec('true', patiently())).code === 0);
  });

  it('that dies in the middle of a command loses it', async () => {
    const { privateKey, publicKey } = await makeKeyPair('-t', 'ed25519');
    const sshd = await anSshd({ authorizedKeys: [publicKey] });
    const session = await connect(rootOf(sshd, byKey(privateKey)));
    const parent = `p=$PPID; while [ "$(cat /proc/$p/comm)" != sshd ]; do p=$(cut -d' ' -f4 /proc/$p/stat); done`;
    await sshErrorOf(session.exec(`${parent}; kill -9 $p; sleep 3`, patiently()), 'lost');
    await expect(session.closed).resolves.toMatchObject({ kind: 'lost' });
  });
});
