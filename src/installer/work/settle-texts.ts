import { Text } from '../../common/i18n/text.js';
import { RunFailure } from '../run.failures.js';

/** What became of a host whose installation was undone. */
export type HostState = 'gone' | 'before' | 'stays';

/** What came of the attempt to undo what a run did. */
export interface Settled {
  /** Whether it was undone; then nothing of the run is alive any more either. */
  readonly isClean: boolean;
  readonly text: Text;
}

export const SETTLED: Readonly<Record<HostState, Text>> = {
  gone: new Text('主机已清理，未留下本任务的任何内容', 'The host is cleaned up: nothing of it is left there'),
  before: new Text('主机已恢复，此前的 Agent 继续运行', 'The host is as before: the agent of before runs again'),
  stays: new Text('本任务安装的 Agent 已上报，予以保留', 'The agent that it installed has reported, and stays'),
};

export function settling(): Text {
  return new Text('正在撤销本任务在主机上所做的改动', 'Undoing what was done on the host');
}

/** @param timeoutMs null when there was time left */
export function notSettled(error: unknown, timeoutMs: number | null): Text {
  const why = timeoutMs === null ? reasonOf(error) : noAnswer(timeoutMs);
  return new Text(
    `未能清理主机：${why.zh}。重新执行该任务或 UNINSTALL 即可清理`,
    `The host could not be cleaned up: ${why.en}. Doing the operation again, or UNINSTALL, cleans it up`,
  );
}

function noAnswer(timeoutMs: number): Text {
  const seconds = timeoutMs / 1000;
  return new Text(`${seconds} 秒内未完成`, `it did not end within ${seconds} s`);
}

function reasonOf(error: unknown): Text {
  return error instanceof RunFailure ? error.text : Text.verbatim((error as Error).message);
}

/** An agent had been told to take itself off, or not. */
export function commandWithdrawn(hadGoneOut: boolean): Settled {
  const text = hadGoneOut
    ? new Text(
        'Agent 此前已收到卸载命令，无法撤回，卸载可能继续进行',
        'The agent had been told to take itself off before, which cannot be called back: it may go on',
      )
    : new Text('卸载命令尚未送达 Agent，不会再送达', 'The agent was not told yet to take itself off, and will not be');
  return { isClean: !hadGoneOut, text };
}
