import { PassThrough } from 'node:stream';
import { aStepContext } from '../../../test/support/steps.js';
import { Text } from '../../common/i18n/text.js';
import type { Step } from '../../common/vocabulary/steps.js';
import type { ProxiesService, ProxyView } from '../../proxies/proxies.service.js';
import { ProxyFailedError } from '../../proxies/proxy-failed.error.js';
import type { ProxyLines } from '../../proxies/proxy-lines.js';
import { SshError, type SshErrorKind } from '../../ssh/ssh.errors.js';
import { LoginFailure, RunFailure } from '../run.failures.js';
import { ProxyRoute } from './proxy-route.js';

const { signal } = new AbortController();

const aProxy = (hostId: number, overrides: Partial<ProxyView> = {}): ProxyView => ({
  ...{ hostId, cloudId: 3, innerIp: `10.0.0.${hostId}`, outerIp: null, port: 22, account: 'root', isUsable: true },
  ...overrides,
});

/** @param world `loads` by host id; `dead` are the proxies that do not answer when asked */
function aRoute(
  proxies: ProxyView[],
  { loads = {}, dead = [] }: { loads?: Record<number, number>; dead?: number[] } = {},
) {
  const context = aStepContext({ nodeType: 'PAGENT', cloudId: 3, innerIp: '10.0.0.99' });
  context.journal.step = 'SSH_LOGIN';
  const opened: { hostId: number; address: string; port: number }[] = [];
  const asked: number[] = [];
  const streams: PassThrough[] = [];
  const lines = {
    open: async ({ hostId }: ProxyView, address: string, port: number) => {
      opened.push({ hostId, address, port });
      const stream = new PassThrough().on('error', () => undefined);
      streams.push(stream);
      return stream;
    },
    load: (hostId: number) => loads[hostId] ?? 0,
    isAlive: async ({ hostId }: ProxyView) => (asked.push(hostId), !dead.includes(hostId)),
  } as unknown as ProxyLines;
  const doors = { of: async () => proxies } as unknown as ProxiesService;
  const route = new ProxyRoute(doors, lines, context.run, context.journal, 10_000);
  return { route, context, opened, streams, asked, at: (step: Step) => (context.journal.step = step) };
}

const refusedBy = (proxy: ProxyView): ProxyFailedError =>
  new ProxyFailedError(proxy, new SshError('key-refused', Text.verbatim('key refused')));
const brokenBy = (sshKind: SshErrorKind, errCode = 'UNEXPECTED_RETURN' as const): RunFailure =>
  new RunFailure(errCode, Text.verbatim(`it is ${sshKind}`), { sshKind });
const failureOf = (promise: Promise<unknown>): Promise<RunFailure> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: RunFailure) => error,
  );

describe('ProxyRoute', () => {
  it('goes to the SSH port of the host, and says through which proxy', async () => {
    const { route, opened, context } = aRoute([aProxy(1), aProxy(2)]);
    await route.open(signal);
    expect(opened).toEqual([{ hostId: 1, address: '10.0.0.99', port: 22 }]);
    expect(context.lines).toEqual(['Through proxy 10.0.0.1 (1 more can be used)']);
  });

  it('takes a usable proxy before one that is not, and of those the one with the fewest channels', async () => {
    const proxies = [aProxy(1, { isUsable: false }), aProxy(2), aProxy(3)];
    const { route, opened } = aRoute(proxies, { loads: { 1: 0, 2: 7, 3: 2 } });
    await route.open(signal);
    expect(opened[0]!.hostId).toBe(3);
  });

  it('goes on through another proxy when one fails, and comes back to it last in a later step', async () => {
    const { route, opened, context, at } = aRoute([aProxy(1), aProxy(2)]);
    await route.open(signal);
    await route.another(refusedBy(aProxy(1)), signal);
    await route.open(signal);
    at('EXECUTE_JOB');
    await route.open(signal);
    expect(opened.map(({ hostId }) => hostId)).toEqual([1, 2, 2]);
    expect(context.lines[1]).toBe('Proxy 10.0.0.1 failed (key refused); this step is done again');
    await route.another(refusedBy(aProxy(2)), signal);
    await route.open(signal);
    expect(opened.at(-1)!.hostId).toBe(1);
  });

  it.each([
    ['SSH_LOGIN', 'START_JOB_FAILED'],
    ['EXECUTE_JOB', 'IJOBS_FAILED'],
    ['SCRIPT_DONE', 'IJOBS_FAILED'],
  ] as const)('that has none left at %s ends as %s, and names each with its fault', async (step, errCode) => {
    const { route, at } = aRoute([aProxy(1), aProxy(2)], { dead: [2] });
    at(step);
    await route.open(signal);
    await route.another(refusedBy(aProxy(1)), signal);
    await route.open(signal);
    const failure = await failureOf(route.another(brokenBy('lost'), signal));
    expect(failure).toMatchObject({
      errCode,
      message:
        'None of the proxies of cloud 3 can be used (PROXY 10.0.0.1: key refused; PROXY 10.0.0.2: the session broke, and the proxy did not answer afterwards)',
    });
    expect(failure instanceof LoginFailure).toBe(step === 'SSH_LOGIN');
  });

  it('is START_JOB_FAILED where the area has no proxy', async () => {
    const { route } = aRoute([]);
    const failure = await failureOf(route.open(signal));
    expect(failure).toMatchObject({ errCode: 'START_JOB_FAILED', message: 'Cloud 3 has no installed proxy' });
    expect(await failureOf(route.another(failure, signal))).toBe(failure);
  });

  it.each<SshErrorKind>(['lost', 'silent', 'login-timeout', 'other'])(
    'asks the proxy before it blames the host for a session that is %s',
    async (kind) => {
      const { route, asked } = aRoute([aProxy(1), aProxy(2)], { dead: [1] });
      await route.open(signal);
      await route.another(brokenBy(kind), signal);
      await route.open(signal);
      const failure = brokenBy(kind);
      expect(await failureOf(route.another(failure, signal))).toBe(failure);
      expect(asked).toEqual([1, 2]);
    },
  );

  it('leaves a proxy that broke off, though it may be up again', async () => {
    const { route, opened, streams } = aRoute([aProxy(1), aProxy(2)]);
    await route.open(signal);
    streams[0]!.destroy(new SshError('lost', Text.verbatim('reset')));
    await route.another(brokenBy('lost'), signal);
    await route.open(signal);
    expect(opened.map(({ hostId }) => hostId)).toEqual([1, 2]);
  });

  it('comes back once to the only proxy, when that is up again', async () => {
    const { route, streams, opened } = aRoute([aProxy(1)]);
    for (const n of [0, 1]) {
      await route.open(signal);
      streams[n]!.destroy(new SshError('lost', Text.verbatim(`reset ${n}`)));
      const going = route.another(brokenBy('lost'), signal);
      if (n === 0) await going;
      else expect(await failureOf(going)).toMatchObject({ message: expect.stringMatching(/reset 0; .*reset 1/) });
    }
    expect(opened).toHaveLength(2);
  });

  it('does not come back to one that is not', async () => {
    const { route, streams } = aRoute([aProxy(1)], { dead: [1] });
    await route.open(signal);
    streams[0]!.destroy(new SshError('lost', Text.verbatim('reset')));
    expect(await failureOf(route.another(brokenBy('lost'), signal))).toMatchObject({ errCode: 'START_JOB_FAILED' });
  });

  it('believes a host that cannot be connected to once a second proxy says so', async () => {
    const { route, asked } = aRoute([aProxy(1), aProxy(2), aProxy(3)]);
    await route.open(signal);
    await route.another(brokenBy('forward-failed'), signal);
    await route.open(signal);
    const second = brokenBy('connect-timeout');
    expect(await failureOf(route.another(second, signal))).toBe(second);
    expect(asked).toEqual([]);
  });

  it('believes the only one that could say anything', async () => {
    const { route } = aRoute([aProxy(1), aProxy(2)]);
    await route.open(signal);
    const said = brokenBy('forward-failed');
    await route.another(said, signal);
    await route.open(signal);
    expect(await failureOf(route.another(refusedBy(aProxy(2)), signal))).toBe(said);
  });

  it('leaves what the script said as it is', async () => {
    const { route, asked } = aRoute([aProxy(1), aProxy(2)]);
    await route.open(signal);
    const failure = new RunFailure('INSTALL_FAILED', Text.verbatim('no space left'));
    expect(await failureOf(route.another(failure, signal))).toBe(failure);
    expect(asked).toEqual([]);
  });
});
