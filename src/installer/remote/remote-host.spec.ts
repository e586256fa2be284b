import { FakeSshSession } from '../../../test/support/fake-ssh.js';
import { aStepContext } from '../../../test/support/steps.js';
import type { HostLogin } from './host-login.js';
import type { HostRoute } from './host-route.js';
import { RemoteHost } from './remote-host.js';
import type { ScriptSource } from './script-source.js';

const { signal } = new AbortController();
const source = { read: async () => ({ bootstrap: 'boot @NONCE@', script: 'the script\n' }) } as unknown as ScriptSource;

/** A session on which the script starts, and says that it stops when it is asked to. */
function aSession(): FakeSshSession {
  return new FakeSshSession().onOpen('boot', (process) => {
    const nonce = /boot (\w+)/.exec(process.command)![1]!;
    process.onWrite((line) => {
      if (line.startsWith('BEGIN')) process.say(`@nm:${nonce}:ready 100 99`);
      if (line === 'stop') process.say(`@nm:${nonce}:stopped`);
    });
  });
}

/** @param another what becomes of a step that failed */
function aHost(another: HostRoute['another'] = async () => undefined) {
  const sessions: FakeSshSession[] = [];
  const elevation = { command: (script: string) => script, preamble: '' };
  const logins = {
    open: async () => ({ session: sessions[sessions.push(aSession()) - 1], elevation }),
  } as unknown as HostLogin;
  const { run, journal } = aStepContext({ nodeType: 'PAGENT', account: 'ann' });
  const route: HostRoute = { address: run.innerIp, open: async () => undefined, another };
  return { host: new RemoteHost(logins, source, route, run, journal), sessions };
}

const written = ({ processes }: FakeSshSession): string[] => processes[0]!.written.slice(1);

describe('RemoteHost', () => {
  it('is one session with one script, which knows what host it is on', async () => {
    const { host, sessions } = aHost();
    expect(await host.script(signal)).toBe(await host.script(signal));
    expect(sessions.map(written)).toEqual([['set node_type PAGENT', 'set account ann']]);
  });

  it('leaves its session when there is another way, and goes that next', async () => {
    const { host, sessions } = aHost();
    await host.script(signal);
    await host.reroute(new Error('the proxy died'), signal);
    expect(sessions[0]!.isClosed).toBe(true);
    await host.script(signal);
    expect(sessions).toHaveLength(2);
    expect(await host.stop()).toBe('gone');
  });

  it('keeps its session when there is no other way', async () => {
    const failure = new Error('no space left');
    const { host, sessions } = aHost((error) => Promise.reject(error as Error));
    await host.script(signal);
    await expect(host.reroute(failure, signal)).rejects.toBe(failure);
    expect(sessions[0]!.isClosed).toBe(false);
    expect(await host.stop()).toBe('gone');
  });

  it('claims no proof of a script that it left behind', async () => {
    const { host } = aHost();
    expect(await host.stop()).toBe('none');
    await host.script(signal);
    await host.reroute(new Error('the proxy died'), signal);
    expect(await host.stop()).toBe('unproven');
  });
});
