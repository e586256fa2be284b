import type { ConnectOptions, SshSession, SshTarget } from '../../src/ssh/ssh-session.js';
import { SshError, type SshErrorKind } from '../../src/ssh/ssh.errors.js';
import { SshService } from '../../src/ssh/ssh.service.js';

const open = new Set<SshSession>();

/** Connects with limits fit for loopback; accepts any host key unless told otherwise. */
export async function connect(target: SshTarget, options: Partial<ConnectOptions> = {}): Promise<SshSession> {
  const session = await new SshService().connect(target, {
    signal: new AbortController().signal,
    connectTimeoutMs: 5_000,
    loginTimeoutMs: 10_000,
    verifyHostKey: () => Promise.resolve(true),
    ...options,
  });
  open.add(session);
  return session;
}

/** Closes what `connect` opened; for `afterEach`. */
export async function closeSessions(): Promise<void> {
  const sessions = [...open];
  open.clear();
  await Promise.all(sessions.map((session) => session.close()));
}

/** A limit that nothing reaches, for calls whose limits do not matter to the test. */
export function patiently(): { signal: AbortSignal; timeoutMs: number } {
  return { signal: new AbortController().signal, timeoutMs: 20_000 };
}

/** What a promise rejects with, which must be an SshError of this kind. */
export async function sshErrorOf(promise: Promise<unknown>, kind: SshErrorKind): Promise<SshError> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SshError)) throw error;
  expect({ kind: error.kind, message: error.message }).toEqual({ kind, message: error.message });
  expect(error.text.zh).not.toBe('');
  return error;
}
