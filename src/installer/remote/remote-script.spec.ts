import { FakeRemoteProcess, FakeSshSession } from '../../../test/support/fake-ssh.js';
import { Text } from '../../common/i18n/text.js';
import { SshError } from '../../ssh/ssh.errors.js';
import { RunFailure } from '../run.failures.js';
import type { Elevation } from './elevation.js';
import { RemoteScript } from './remote-script.js';

const AS_ROOT: Elevation = { command: (script) => `sh -c '${script}'`, preamble: '' };

/** The far end: says `ready` once the script is there, then does what the test wants with each request. */
function aHost(onRequest: (request: string, say: (rest: string) => void, process: FakeRemoteProcess) => void) {
  const session = new FakeSshSession();
  let nonce = '';
  session.onOpen('boot', (process) => {
    nonce = /boot (\w+)/.exec(process.command)![1]!;
    const say = (rest: string): void => process.say(`@nm:${nonce}:${rest}`);
    process.onWrite((line) =>
      line.includes(`BEGIN ${nonce}\n`) ? say('ready 100 99') : onRequest(line, say, process),
    );
  });
  return { session, nonce: () => nonce, process: () => session.processes[0]! };
}

function start(session: FakeSshSession, { elevation = AS_ROOT, signal = new AbortController().signal } = {}) {
  const text: string[] = [];
  const starting = RemoteScript.start(session, {
    text: { bootstrap: 'boot @NONCE@', script: 'the script\n' },
    elevation,
    mask: (line) => line.replaceAll('s3cret', '******'),
    onText: (line) => text.push(line),
    signal,
  });
  return { starting, text };
}

const never = new AbortController().signal;
const failureOf = (promise: Promise<unknown>): Promise<RunFailure> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: RunFailure) => error,
  );

describe('RemoteScript', () => {
  it('sends the script over stdin between the marks of its own nonce, and learns its process group', async () => {
    const host = aHost(() => undefined);
    const script = await start(host.session).starting;
    expect(script.group).toBe(99);
    expect(host.nonce()).toMatch(/^[0-9a-f]{32}$/);
    expect(host.process().command).toBe(`sh -c 'boot ${host.nonce()}'`);
    expect(host.process().written).toEqual([`BEGIN ${host.nonce()}\nthe script\nEND ${host.nonce()}`]);
  });

  it('sends a password for sudo first, and never in the command', async () => {
    const host = aHost(() => undefined);
    const elevation: Elevation = { command: (script) => `sudo -S sh -c '${script}'`, preamble: 'pa$$ "word"\n' };
    await start(host.session, { elevation }).starting;
    expect(host.process().command).not.toContain('word');
    expect(host.process().written[0]).toMatch(/^pa\$\$ "word"\nBEGIN /);
  });

  it('keeps facts, and passes every other line on, masked', async () => {
    const host = aHost((_request, say, process) => {
      process.say('the password is s3cret');
      process.complain('and on stderr s3cret');
      say('fact arch=x86_64');
      say('done facts 0');
    });
    const { starting, text } = start(host.session);
    const script = await starting;
    await script.call(never, 'facts');
    expect(Object.fromEntries(script.facts)).toEqual({ arch: 'x86_64' });
    expect(text).toEqual(['the password is ******', 'and on stderr ******']);
  });

  it('does not believe a marker with another nonce', async () => {
    const host = aHost((_request, say, process) => {
      process.say(`@nm:${'0'.repeat(32)}:done install 0`, '@nm::done install 0');
      say('fail INSTALL_FAILED no room');
      say('done install 1');
    });
    const { starting, text } = start(host.session);
    const script = await starting;
    expect(await failureOf(script.call(never, 'install'))).toMatchObject({ errCode: 'INSTALL_FAILED' });
    expect(text).toHaveLength(2);
  });

  it('fails with the code and the masked words of the script', async () => {
    const host = aHost((_request, say) => {
      say('fail CURL_FILE_FAILED no server gave it to s3cret');
      say('done download 1');
    });
    const failure = await failureOf((await start(host.session).starting).call(never, 'download'));
    expect(failure).toBeInstanceOf(RunFailure);
    expect(failure.errCode).toBe('CURL_FILE_FAILED');
    expect(failure.text.en).toMatch(/: no server gave it to \*{6}$/);
    expect(failure.text.zh).toMatch(/^下载安装包失败：/);
  });

  it('gives the failing command and its last lines as evidence, masked, and what is known of the host', async () => {
    const host = aHost((request, say, process) => {
      if (request === 'call facts') return (say('fact arch=x86_64'), process.say('before'), say('done facts 0'));
      for (let line = 1; line <= 25; line += 1) process.say(`line ${line} s3cret \u001b[31m`);
      say('ran 1 first --token s3cret');
      say('ran 2 tar -x --token s3cret');
      say('fail INSTALL_FAILED it cannot be unpacked');
      say('done install 1');
    });
    const script = await start(host.session).starting;
    await script.call(never, 'facts');
    const { clues } = await failureOf(script.call(never, 'install'));
    expect(clues.evidence).toMatchObject({ command: 'tar -x --token ******', exitCode: 2, isLogged: true });
    expect(clues.evidence!.output).toHaveLength(20);
    expect([clues.evidence!.output[0], clues.evidence!.output[19]]).toEqual(['line 6 ******', 'line 25 ******']);
    expect(clues.facts!.get('arch')).toBe('x86_64');
  });

  it('takes nothing of an earlier call for evidence', async () => {
    const host = aHost((request, say, process) => {
      if (request === 'call deps') return (process.say('E: no such thing'), say('ran 100 apt-get'), say('done deps 0'));
      say('fail INSTALL_FAILED no room');
      say('done install 1');
    });
    const script = await start(host.session).starting;
    await script.call(never, 'deps');
    const { clues } = await failureOf(script.call(never, 'install'));
    expect(clues.evidence).toMatchObject({ command: null, exitCode: null, output: [] });
  });

  it('keeps what was checked, of the last call', async () => {
    const host = aHost((request, say) => {
      say('check space pass 812 MB free');
      say('check server fail 10.0.0.1:80: s3cret refused');
      say(`done ${request.slice('call '.length)} 0`);
    });
    const script = await start(host.session).starting;
    await script.call(never, 'check');
    await script.call(never, 'check');
    expect(script.checks).toMatchObject([
      { name: 'space', outcome: 'pass', evidence: '812 MB free' },
      { name: 'server', outcome: 'fail', evidence: '10.0.0.1:80: ****** refused' },
    ]);
  });

  it('lets the script name only codes that are its own', async () => {
    const host = aHost((_request, say) => {
      say('fail FORCE_STOP who knows');
      say('done install 1');
    });
    expect(await failureOf((await start(host.session).starting).call(never, 'install'))).toMatchObject({
      errCode: 'INSTALL_FAILED',
    });
  });

  it('is UNEXPECTED_RETURN when a call ends without a word', async () => {
    const host = aHost((_request, say, process) => {
      process.say('Killed');
      say('done install 137');
    });
    const failure = await failureOf((await start(host.session).starting).call(never, 'install'));
    expect([failure.errCode, failure.message]).toEqual([
      'UNEXPECTED_RETURN',
      expect.stringMatching(/install ended without saying how \(killed by signal 9\)$/),
    ]);
    expect(failure.clues.evidence).toMatchObject({ exitCode: 137, output: ['Killed'] });
  });

  it('is UNEXPECTED_RETURN when the script ends, or never begins', async () => {
    const dying = aHost((_request, _say, process) => process.exit(null, 'SIGKILL'));
    const script = await start(dying.session).starting;
    expect(await failureOf(script.call(never, 'install'))).toMatchObject({ errCode: 'UNEXPECTED_RETURN' });
    const barred = new FakeSshSession().onOpen('boot', (process) => {
      process.onWrite(() => undefined).say('This account is currently not available.');
      process.exit(1);
    });
    expect(await failureOf(start(barred).starting)).toMatchObject({
      errCode: 'UNEXPECTED_RETURN',
      message: 'The script on the host ended unexpectedly (exit code 1)',
      clues: { evidence: { exitCode: 1, output: ['This account is currently not available.'] } },
    });
  });

  it.each([
    ['lost', 'UNEXPECTED_RETURN'],
    ['silent', 'SOCKET_TIMEOUT'],
  ] as const)('tells a session that broke from one that fell silent: %s', async (kind, errCode) => {
    const host = aHost((_request, _say, process) => {
      process.say('going down for reboot');
      setImmediate(() => setImmediate(() => process.breakOff(new SshError(kind, Text.verbatim('gone')))));
    });
    const script = await start(host.session).starting;
    expect(await failureOf(script.call(never, 'install'))).toMatchObject({
      ...{ errCode, message: 'gone' },
      clues: { sshKind: kind, evidence: { output: ['going down for reboot'] } },
    });
  });

  it('stops waiting for a call when the signal aborts, and can still be stopped', async () => {
    const host = aHost((request, say) => request === 'stop' && say('stopped'));
    const script = await start(host.session).starting;
    const controller = new AbortController();
    const called = failureOf(script.call(controller.signal, 'install'));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await called).toBe(reason);
    expect(await script.stop(1_000)).toBe(true);
  });

  it('is not stopped when it says that something outlived it, or says nothing', async () => {
    const stubborn = aHost((_request, say) => say('alive 2'));
    expect(await (await start(stubborn.session).starting).stop(1_000)).toBe(false);
    const silent = aHost(() => undefined);
    expect(await (await start(silent.session).starting).stop(20)).toBe(false);
  });

  it('does not take values that would be more than one request', async () => {
    const script = await start(aHost(() => undefined).session).starting;
    expect(() => script.set('token', 'a\ncall uninstall')).toThrow(/more than one line/);
  });

  it('calls only once what is to be ensured', async () => {
    const host = aHost((request, say) => say(`done ${request.slice('call '.length)} 0`));
    const script = await start(host.session).starting;
    await script.ensure(never, 'download');
    await script.ensure(never, 'download');
    expect(host.process().written.slice(1)).toEqual(['call download']);
  });
});
