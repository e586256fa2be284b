import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import type { Locale } from '../common/i18n/text.js';
import { RedisService } from '../common/redis/redis.service.js';
import { EventStream } from './event-stream.js';
import { logChannel } from '../tasks/run-log-channel.js';
import { lineText, RunStateResponse } from './log.dto.js';
import { TooManyStreamsError } from './log.errors.js';
import { LogsService } from './logs.service.js';
import { WakeUp } from './wake-up.js';

/** Logs that one process follows for people at once. */
const MAX_STREAMS = 500;
const LINES_AT_ONCE = 500;
/** How often a log is looked at that nothing is heard of: without Redis nobody calls. */
const LOOK_EVERY_MS = 2_000;
/** A stream ends after this time, so that a login that has ended sees no more; clients come back by themselves. */
const MAX_AGE_MS = 30 * 60_000;

/** Follows the logs of runs for those who watch. */
@Injectable()
export class LogStreams implements OnModuleDestroy {
  private readonly open = new Set<EventStream>();

  constructor(
    private readonly logs: LogsService,
    private readonly redis: RedisService,
  ) {}

  /**
   * Answers with an event `log` for each line after `lastId`, as they come, and one `end` with the state in which the
   * run has ended. Resolves when the answer is over.
   * @throws TooManyStreamsError
   */
  async follow(runId: number, lastId: string, locale: Locale, response: Response): Promise<void> {
    if (this.open.size >= MAX_STREAMS) throw new TooManyStreamsError();
    const stream = new EventStream(response);
    this.open.add(stream);
    const wakeUp = new WakeUp();
    // Before the first look, so that nothing is missed in between.
    const unsubscribe = this.redis.subscribe(logChannel(runId), () => wakeUp.call());
    const age = setTimeout(() => stream.end(), MAX_AGE_MS).unref();
    try {
      await this.pump(runId, lastId, locale, stream, wakeUp);
    } finally {
      clearTimeout(age);
      unsubscribe();
      this.open.delete(stream);
      stream.end();
    }
  }

  /** Else open streams would hold the shutdown of the server. */
  onModuleDestroy(): void {
    for (const stream of this.open) stream.end();
  }

  private async pump(
    runId: number,
    lastId: string,
    locale: Locale,
    stream: EventStream,
    wakeUp: WakeUp,
  ): Promise<void> {
    while (!stream.signal.aborted) {
      const { state, lines } = await this.logs.readAfter(runId, lastId, LINES_AT_ONCE);
      for (const line of lines) await stream.send('log', lineText(line, locale), line.id);
      lastId = lines.at(-1)?.id ?? lastId;
      if (lines.length === LINES_AT_ONCE) continue;
      if (state.status === 'SUCCESS' || state.status === 'FAILED') {
        return stream.send('end', JSON.stringify(RunStateResponse.of(state, locale)));
      }
      await wakeUp.wait(LOOK_EVERY_MS, stream.signal);
    }
  }
}
