import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Text } from '../common/i18n/text.js';
import { RedisService } from '../common/redis/redis.service.js';
import type { RunRef } from '../tasks/run-claims.js';
import { harmless, linesOf } from './harmless.js';
import { logChannel } from '../tasks/run-log-channel.js';
import { RunQuota } from './run-quota.js';

interface Line {
  run_id: number;
  attempt: number;
  at: Date;
  step: string;
  en: string;
  /** Null: the same as `en`. */
  zh: string | null;
}

/** How long lines wait for others, so that one statement writes many. */
const FLUSH_AFTER_MS = 200;
const RETRY_AFTER_MS = 1_000;
const MOST_IN_STATEMENT = 2_000;
/** Lines that may wait for a database that is away; beyond, the output of programs is lost, but not our sentences. */
const MOST_WAITING = 50_000;

const FULL = new Text(
  '日志已达上限，后续的程序输出不再记录',
  'This log has reached its limit; what programs print from here on is not kept',
);

/** Lines of an attempt that is over are dropped: its run belongs to another worker by now. */
const INSERT = `
  INSERT INTO run_logs (run_id, at, step, en, zh)
  SELECT l.run_id, l.at, l.step, l.en, l.zh
  FROM ROWS FROM (
    json_to_recordset($1::json) AS (run_id int, attempt int, at timestamptz, step text, en text, zh text)
  ) WITH ORDINALITY AS l (run_id, attempt, at, step, en, zh, n)
  JOIN job_hosts r ON r.id = l.run_id AND r.attempt = l.attempt
  ORDER BY l.n`;

/**
 * Writes the logs of runs, in batches. What is written is harmless to show; secrets have to be masked before. The output
 * of programs is capped per run, our own sentences never are, so that a log always tells how it ended.
 */
@Injectable()
export class RunLogWriter implements BeforeApplicationShutdown {
  private readonly logger = new Logger(RunLogWriter.name);
  private readonly quota = new RunQuota();
  private waiting: Line[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** Ends when all that was waiting when it began is written, or could not be. */
  private flushing: Promise<void> = Promise.resolve();
  private isTroubled = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly redis: RedisService,
  ) {}

  /**
   * Takes one sentence of ours, or what a program has printed. Returns at once; the line is in the database a moment later.
   * @param step the step that the run stands at
   */
  write(run: RunRef, step: string, line: Text | string): void {
    const at = new Date();
    if (line instanceof Text) this.add(run, at, step, line);
    else for (const output of linesOf(line)) this.addOutput(run, at, step, output);
  }

  /** Writes what is waiting. Never throws: what could not be written stays waiting. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushing = this.flushing.then(() => this.drain());
    await this.flushing;
  }

  /** When all who write have been told to stop, and the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
    clearTimeout(this.timer);
  }

  private addOutput(run: RunRef, at: Date, step: string, output: string): void {
    if (this.waiting.length >= MOST_WAITING) return;
    const room = this.quota.take(run.id, Buffer.byteLength(output));
    if (room === 'fits') this.add(run, at, step, Text.verbatim(output));
    else if (room === 'last') this.add(run, at, step, FULL);
  }

  private add({ id, attempt }: RunRef, at: Date, step: string, { zh, en }: Text): void {
    this.waiting.push({ run_id: id, attempt, at, step, en: harmless(en), zh: zh === en ? null : harmless(zh) });
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS).unref();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_IN_STATEMENT);
      try {
        await this.dataSource.query(INSERT, [JSON.stringify(batch)]);
        this.isTroubled = false;
      } catch (error) {
        this.keepForLater(batch, error);
        return;
      }
      await this.announce(batch);
    }
  }

  private keepForLater(batch: readonly Line[], error: unknown): void {
    this.waiting = [...batch, ...this.waiting];
    this.timer ??= setTimeout(() => void this.flush(), RETRY_AFTER_MS).unref();
    if (this.isTroubled) return;
    this.isTroubled = true;
    this.logger.warn(
      `cannot write logs of runs now, will go on trying: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  private async announce(batch: readonly Line[]): Promise<void> {
    const runIds = new Set(batch.map((line) => line.run_id));
    await Promise.all([...runIds].map((id) => this.redis.publish(logChannel(id), '')));
  }
}
