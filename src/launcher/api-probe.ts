import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { LauncherError, PortInUseError } from './launcher.errors.js';

const READY_TIMEOUT_MS = 120_000;

/** Where a program on this machine reaches a server that listens on `host`. */
export function localOrigin(host: string, port: number): string {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** @throws PortInUseError, before anything is started in vain */
export async function checkPort(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new PortInUseError(host, port);
    throw new LauncherError(`The API cannot listen on ${host}:${port}: ${message}. Set HOST and PORT.`, {
      cause: error,
    });
  } finally {
    probe.close();
  }
}

/**
 * Resolves once the API takes requests and everything that it needs is there.
 * @param ended resolves when the API's process is gone
 * @throws LauncherError when it ends instead, or takes too long
 */
export async function untilApiReady(origin: string, ended: Promise<unknown>, lastWords: () => string): Promise<void> {
  let isOver = false;
  let readiness = '';
  void ended.then(() => (isOver = true));
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline && !isOver; await delay(100)) {
    try {
      const response = await fetch(`${origin}/api/health/ready`, { signal: AbortSignal.timeout(5_000) });
      readiness = await response.text();
      if (response.ok) return;
    } catch {
      // It does not listen yet.
    }
  }
  throw new LauncherError(`The API ${isOver ? 'ended' : `is not ready: ${readiness}`}\n${lastWords()}`);
}
