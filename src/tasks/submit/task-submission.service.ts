import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { isDeadlock, isUniqueViolation } from '../../common/db/postgres-errors.js';
import type { NginxSetting } from '../../config/nginx.setting.js';
import { InstallQueue } from '../install.queue.js';
import { type IdempotencyClaim, IdempotencyService } from './idempotency.service.js';
import { type Asker, TaskChecks } from './task-checks.js';
import type { TaskRequest } from './task-request.js';
import { TaskWriter, type WrittenJob } from './task-writer.js';

/** A request and whose it is. */
export interface Submission extends Asker {
  /** Makes the request afresh: its rows collect complaints, and it may have to be checked more than once. */
  request: () => TaskRequest;
  /** The caller's word that this is the same request as an earlier one with the same key and body. */
  repeatable: { key: string; body: unknown } | null;
}

/** How often a request is checked again because others changed the same hosts at the same moment. */
const MOST_TRIES = 4;

/** The unique indexes at which a simultaneous request may have been ahead. */
const LOST_RACES = ['uq_hosts_cloud_id_inner_ip', 'uq_job_hosts_active_host'];

/** Takes a task: all of it or nothing, in one transaction; then rings. */
@Injectable()
export class TaskSubmissionService {
  private readonly logger = new Logger(TaskSubmissionService.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly checks: TaskChecks,
    private readonly idempotency: IdempotencyService,
    private readonly writer: TaskWriter,
    private readonly queue: InstallQueue,
  ) {}

  /**
   * Returns the id of the job, once it is committed.
   * @throws AppError of `TaskChecks.check`
   */
  async submit(submission: Submission): Promise<number> {
    const { caller, businessId, repeatable } = submission;
    const claim = repeatable && this.idempotency.claim(repeatable.key, caller.id, businessId, repeatable.body);
    const nginx = await this.checks.nginx();
    const { jobId, queued } = await this.inOneTransaction((manager) => this.take(manager, submission, claim, nginx));
    this.logger.log(`job ${jobId} of business ${businessId}: ${queued.length} hosts queued`);
    void this.queue.ring(queued);
    return jobId;
  }

  /** Who loses a race is checked again, and then sees what the winner made: a sentence for each host, not a bare refusal. */
  private async inOneTransaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.dataSource.transaction(work);
      } catch (error) {
        if (tried >= MOST_TRIES || !isLostRace(error)) throw error;
      }
    }
  }

  private async take(
    manager: EntityManager,
    submission: Submission,
    claim: IdempotencyClaim | null,
    nginx: NginxSetting | null,
  ): Promise<WrittenJob> {
    const { caller, businessId } = submission;
    const before = claim && (await this.idempotency.jobMadeBefore(manager, claim));
    if (before !== null) return { jobId: before, queued: [] };
    const request = submission.request();
    const plans = await this.checks.check(manager, submission, request, nginx);
    const written = await this.writer.write(manager, request, plans, { businessId, creator: caller.username });
    if (claim) await this.idempotency.remember(manager, claim, written.jobId);
    return written;
  }
}

function isLostRace(error: unknown): boolean {
  return isDeadlock(error) || LOST_RACES.some((index) => isUniqueViolation(error, index));
}
