import { Injectable, Logger } from '@nestjs/common';
import { FatalError, TooManyRequestsError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';
import { RedisService } from '../common/redis/redis.service.js';
import { AGENTS_CHANNEL } from './agents.channel.js';
import { HeartbeatWriter, type Report, type Reporter } from './heartbeat-writer.js';
import { UnknownAgentError } from './unknown-agent.error.js';

/** How long the first report of a batch waits for others. */
const GATHER_MS = 100;
const MAX_BATCH = 1_000;
/** Two batches under way keep Postgres busy while the next one gathers; more would only take connections from others. */
const MAX_WRITERS = 2;
/** Reports that may wait or be under way: more than that are refused, since Postgres is behind by many batches. */
const MAX_PENDING = 10_000;
const RETRY_AFTER_SECONDS = 5;

interface Waiting {
  readonly report: Report;
  resolve(reporter: Reporter): void;
  reject(error: Error): void;
}

/** Folds the reports of many agents into few statements. Each is answered when it is written, not before. */
@Injectable()
export class HeartbeatFolder {
  private readonly logger = new Logger(HeartbeatFolder.name);
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writers = 0;
  private pending = 0;
  private failedAt: Date | null = null;

  constructor(
    private readonly writer: HeartbeatWriter,
    private readonly redis: RedisService,
  ) {}

  /** When a batch last could not be written: agents that reported in vain then are not to be blamed for their silence. */
  get lastFailureAt(): Date | null {
    return this.failedAt;
  }

  /**
   * Resolves when the report is written.
   * @throws UnknownAgentError when its token is not good
   * @throws TooManyRequestsError when too many are waiting
   * @throws FatalError when Postgres cannot take it
   */
  submit(report: Report): Promise<Reporter> {
    if (this.pending >= MAX_PENDING) throw new TooManyRequestsError(RETRY_AFTER_SECONDS);
    this.pending++;
    return new Promise<Reporter>((resolve, reject) => {
      this.waiting.push({ report, resolve, reject });
      if (this.waiting.length >= MAX_BATCH) this.flush();
      else this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
    }).finally(() => {
      this.pending--;
    });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.writers === MAX_WRITERS || this.waiting.length === 0) return;
    const batch = this.waiting.slice(0, MAX_BATCH);
    this.waiting = this.waiting.slice(MAX_BATCH);
    this.writers++;
    void this.write(batch).finally(() => {
      this.writers--;
      this.flush();
    });
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const reporters = await this.writer.write(lastOfEachToken(batch));
      this.settle(batch, reporters);
      await this.announce(reporters);
    } catch (error) {
      this.fail(batch, error as Error);
    }
  }

  private settle(batch: readonly Waiting[], reporters: readonly Reporter[]): void {
    const taken = new Map(reporters.map((reporter) => [reporter.tokenHash, reporter]));
    for (const { report, resolve, reject } of batch) {
      const reporter = taken.get(report.tokenHash);
      if (reporter) resolve(reporter);
      else reject(new UnknownAgentError());
    }
  }

  private async announce(reporters: readonly Reporter[]): Promise<void> {
    const hostIds = reporters.filter(({ isNews }) => isNews).map(({ hostId }) => hostId);
    if (hostIds.length > 0) await this.redis.publish(AGENTS_CHANNEL, JSON.stringify(hostIds));
  }

  private fail(batch: readonly Waiting[], error: Error): void {
    this.failedAt = new Date();
    this.logger.warn(`${batch.length} reports of agents could not be written: ${error.message}`);
    const refusal = new FatalError(
      new Text('数据库暂不可用，请稍后重试', 'The database is not available; try again later'),
    );
    for (const { reject } of batch) reject(refusal);
  }
}

/** Of several reports with the same token, and so of the same host, the last one counts; what one told of a command stays. */
function lastOfEachToken(batch: readonly Waiting[]): Report[] {
  const last = new Map<string, Report>();
  for (const { report } of batch) {
    const commandResult = report.commandResult ?? last.get(report.tokenHash)?.commandResult ?? null;
    last.set(report.tokenHash, { ...report, commandResult });
  }
  return [...last.values()];
}
