import { aClaimedRun, aStepContext } from '../../test/support/steps.js';
import { Text } from '../common/i18n/text.js';
import type { RunLogWriter } from '../logs/run-log-writer.js';
import type { RunClaims } from '../tasks/run-claims.js';
import type { RunTransitions } from '../tasks/run-transitions.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { StopProof } from './remote/remote-host.js';
import { RunEndings } from './run-endings.js';
import { RunHold } from './run-hold.js';
import type { RunInProgress } from './run-in-progress.js';
import { LoginFailure } from './run.failures.js';
import type { Settled } from './work/settle-texts.js';
import type { Settlement } from './work/settlement.js';

const holds: RunHold[] = [];
afterEach(() => {
  for (const hold of holds.splice(0)) hold.dispose();
});

/** A run at work, and all that becomes of it. */
function aStory(
  settle: (work: RunInProgress) => Promise<Settled | null>,
  { proof = 'gone', opType = 'INSTALL' }: { proof?: StopProof; opType?: 'INSTALL' | 'PRECHECK' } = {},
) {
  const ends: [errCode: string, why: string][] = [];
  const released: number[] = [];
  const endings = new RunEndings(
    {
      fail: async (_run: unknown, errCode: string, { en }: Text) => ends.push([errCode, en]) > 0,
    } as unknown as RunTransitions,
    {
      release: async (_owner: string, runs: { id: number }[]) => void released.push(...runs.map(({ id }) => id)),
    } as unknown as RunClaims,
    { flush: async () => undefined } as unknown as RunLogWriter,
    {} as LeaseKeeper,
    { settle } as unknown as Settlement,
  );
  const { journal, host, lines } = aStepContext({}, { proof });
  const hold = new RunHold(aClaimedRun({ opType }), performance.now() + 60_000);
  holds.push(hold);
  journal.step = 'EXECUTE_SCRIPT';
  return { endings, hold, work: { hold, journal, host } satisfies RunInProgress, ends, released, lines };
}

const settled = (isClean: boolean, en: string) => async (): Promise<Settled> => ({ isClean, text: new Text('', en) });
const nothingToUndo = async () => null;

describe('the end of a cancelled run', () => {
  it.each<[StopProof, boolean, RegExp]>([
    ['gone', true, /^Stopped by ann at step EXECUTE_SCRIPT .*seen to be gone\. all is well$/],
    // The script that cleans up ends the one before it.
    ['unproven', true, /seen to be gone\. all is well$/],
    ['unproven', false, /could not be proven gone; .*\. all is well$/],
    // A worker that took it over has seen nothing of the one before.
    ['none', true, /^Stopped by ann at step EXECUTE_SCRIPT \([^)]+\)\. all is well$/],
  ])('with a stop that is %s, cleaned up: %s', async (proof, isClean, sentence) => {
    const { endings, hold, work, ends } = aStory(settled(isClean, 'all is well'), { proof });
    hold.stop('cancelled', 'ann');
    await endings.stopAt(work, hold.stopped);
    expect(ends).toEqual([['FORCE_STOP', expect.stringMatching(sentence)]]);
  });

  it('has no word of cleaning up where there was nothing to clean', async () => {
    const { endings, hold, work, ends } = aStory(nothingToUndo, { proof: 'none' });
    hold.stop('cancelled', 'ann');
    await endings.stopAt(work, hold.stopped);
    expect(ends).toEqual([['FORCE_STOP', expect.stringMatching(/Nothing of it was running on the host$/)]]);
  });

  it('is left to the next worker when this one shuts down in the middle of it', async () => {
    const story = aStory(async ({ hold }) => {
      hold.stop('hand-back');
      throw hold.leaveSignal.reason as Error;
    });
    story.hold.stop('cancelled', 'ann');
    await story.endings.stopAt(story.work, story.hold.stopped);
    expect([story.ends, story.released]).toEqual([[], [7]]);
  });

  it('is not ours to write once the lease is lost', async () => {
    const story = aStory(async ({ hold }) => {
      hold.stop('lease-lost');
      throw hold.leaveSignal.reason as Error;
    });
    story.hold.stop('cancelled', 'ann');
    await story.endings.stopAt(story.work, story.hold.stopped);
    expect([story.ends, story.released]).toEqual([[], []]);
  });
});

it('a check that cannot log in says which of its checks failed', async () => {
  const { endings, work, lines, ends } = aStory(nothingToUndo, { opType: 'PRECHECK', proof: 'none' });
  work.journal.step = 'SSH_LOGIN';
  const refused = new Text('10.0.0.1:22 拒绝了连接', '10.0.0.1:22 refused the connection');
  await endings.stopAt(work, new LoginFailure('SOCKET_TIMEOUT', refused, { sshKind: 'refused' }));
  expect(lines.slice(0, 2)).toEqual([
    '[pass] route: direct',
    expect.stringMatching(/^\[fail\] TCP port: 10\.0\.0\.1:22 refused the connection\. Remedy: /),
  ]);
  expect(ends).toEqual([['SOCKET_TIMEOUT', expect.stringMatching(/^10\.0\.0\.1:22 refused the connection\. Cause: /)]]);
});
