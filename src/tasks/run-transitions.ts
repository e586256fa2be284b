import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Text } from '../common/i18n/text.js';
import { RedisService } from '../common/redis/redis.service.js';
import type { ErrCode } from '../common/vocabulary/err-codes.js';
import type { Step } from '../common/vocabulary/steps.js';
import type { ClaimedRun, RunRef } from './run-claims.js';
import { RunEffects } from './run-effects.js';
import type { RunFailureRecord } from './run-failure-record.js';
import { JobClosing } from './run-job-closing.js';
import { logChannel } from './run-log-channel.js';
import { copyToHosts, logEnding } from './run-sql.js';

/** A change of a running run that its holder makes; `also` is one more part of the same statement. */
const change = (set: string, also = '', condition = ''): string => `
  WITH changed AS (
    UPDATE job_hosts r SET ${set} WHERE r.id = $1 AND r.attempt = $2 AND r.status = 'RUNNING'${condition} RETURNING r.*
  ), copied AS (${copyToHosts('changed')})${also}
  SELECT id FROM changed`;

const START_STEP = change('step = $3');
const FINISH_STEP = change('finished_steps = array_append(array_remove(r.finished_steps, $3), $3)');
const FINISH_AND_GO_ON = change('finished_steps = array_append(array_remove(r.finished_steps, $3), $3), step = $4');
const END = `lease_owner = NULL, lease_expires_at = NULL, ended_at = now()`;
const SUCCEED = change(
  `status = 'SUCCESS', step = 'OVER_SUCCESS', err_code = 'SUCCESS', err_desc = NULL, ${END}`,
  `, logged AS (${logEnding('changed', '$3::jsonb')})`,
  // Whoever stopped it was told that it will end so.
  ' AND r.cancel_requested_at IS NULL',
);
const FAIL = change(
  `status = 'FAILED', step = 'OVER_FAILED', err_code = $3, err_desc = $4::jsonb, failure = $5::jsonb, ${END}`,
  `, logged AS (${logEnding('changed', '$4::jsonb')})`,
);

/**
 * The only way in which the holder of a run moves it on. Each change is a compare-and-set on id, attempt and status;
 * each answers whether it took place, and `false` means that the run is not ours any more.
 */
@Injectable()
export class RunTransitions {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly redis: RedisService,
    private readonly effects: RunEffects,
    private readonly jobs: JobClosing,
  ) {}

  startStep(run: RunRef, step: Step): Promise<boolean> {
    return this.apply(this.dataSource.manager, START_STEP, [run.id, run.attempt, step]);
  }

  /** @param next the step that begins with it, in the same statement */
  finishStep(run: RunRef, step: Step, next: Step | null): Promise<boolean> {
    const values = [run.id, run.attempt, step];
    return next === null
      ? this.apply(this.dataSource.manager, FINISH_STEP, values)
      : this.apply(this.dataSource.manager, FINISH_AND_GO_ON, [...values, next]);
  }

  /**
   * Ends it well, with all that this means for the host, or not at all: also not when it is to be stopped.
   * @param lastWords the last line of its log
   */
  async succeed(run: ClaimedRun, lastWords: Text): Promise<boolean> {
    const values = [run.id, run.attempt, JSON.stringify(lastWords)];
    const isDone = await this.dataSource.transaction(async (manager) => {
      if (!(await this.apply(manager, SUCCEED, values))) return false;
      await this.effects.ofSuccess(manager, run);
      return true;
    });
    if (isDone) await this.afterEnd(run);
    return isDone;
  }

  /**
   * @param why for people: what happened, the evidence, what to do next; also the last line of its log
   * @param failure the same in parts; null when nothing on the way went wrong, as for a run that a person ended
   */
  async fail(run: ClaimedRun, errCode: ErrCode, why: Text, failure: RunFailureRecord | null = null): Promise<boolean> {
    const values = [run.id, run.attempt, errCode, JSON.stringify(why), failure && JSON.stringify(failure)];
    const isDone = await this.apply(this.dataSource.manager, FAIL, values);
    if (isDone) await this.afterEnd(run);
    return isDone;
  }

  private async apply(manager: EntityManager, statement: string, values: unknown[]): Promise<boolean> {
    return (await manager.query<unknown[]>(statement, values)).length > 0;
  }

  /** The run has ended, whatever happens here: what fails is made up for by the next sweep. */
  private async afterEnd(run: ClaimedRun): Promise<void> {
    await Promise.allSettled([this.jobs.close([run.jobId]), this.redis.publish(logChannel(run.id), '')]);
  }
}
