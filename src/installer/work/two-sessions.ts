import type { RemoteScript } from '../remote/remote-script.js';
import { RunFailure } from '../run.failures.js';
import type { StepContext } from '../step.js';

/**
 * Works with the host's script for this run, in a new session where the one of before has been lost meanwhile. The work
 * must bear being begun twice.
 * @throws what the second session fails with, or what the script says
 */
export async function inTwoSessions<T>(
  { run, host, signal }: StepContext,
  work: (script: RemoteScript) => Promise<T>,
): Promise<T> {
  const once = async (): Promise<T> => {
    const script = await host.script(signal);
    script.set('run_id', String(run.id));
    return work(script);
  };
  try {
    return await once();
  } catch (error) {
    const isOfScript = error instanceof RunFailure && error.clues.sshKind === undefined;
    if (signal.aborted || isOfScript) throw error;
    await host.reroute(error, signal).catch(() => host.close());
    return once();
  }
}
