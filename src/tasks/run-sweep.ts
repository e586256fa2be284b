import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Text } from '../common/i18n/text.js';
import { RedisService } from '../common/redis/redis.service.js';
import type { ErrCode } from '../common/vocabulary/err-codes.js';
import { JobClosing } from './run-job-closing.js';
import { logChannel } from './run-log-channel.js';
import { copyToHosts, IS_LEFT, logEnding, MOST_LOSSES } from './run-sql.js';

const LOST_TOO_OFTEN = new Text(
  `任务的执行进程连续 ${MOST_LOSSES} 次丢失（被杀死、崩溃或与数据库失联），任务不再继续。主机上的脚本会在会话中断时自行停止。请检查 worker 的日志后重试`,
  `The worker of this run was lost ${MOST_LOSSES} times (killed, crashed, or cut off from the database), so it is given up. A script on the host stops by itself when its session dies. Look at the logs of the workers, then retry`,
);
const CANCELLED_UNSEEN = new Text(
  `已按要求终止，但其执行进程连续 ${MOST_LOSSES} 次丢失：无法确认主机上的进程已结束，也未能清理主机。脚本会在会话中断时自行停止；如有疑问，请在主机上检查`,
  `Stopped as requested, but its worker was lost ${MOST_LOSSES} times: the remote process could not be proven gone, and the host was not cleaned up. The script stops by itself when its session dies; when in doubt, look on the host`,
);

/** Ends the runs that are left behind and match `condition`. Locked ones are another process's business. */
const endLeft = (condition: string): string => `
  WITH due AS (
    SELECT id FROM job_hosts WHERE ${IS_LEFT} AND ${condition}
    ORDER BY lease_expires_at LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED
  ), ended AS (
    UPDATE job_hosts r SET status = 'FAILED', step = 'OVER_FAILED', err_code = $1, err_desc = $2::jsonb,
      attempt = r.attempt + 1, losses = r.losses + (r.lease_owner IS NOT NULL)::int, lease_owner = NULL, ended_at = now()
    FROM due d WHERE r.id = d.id RETURNING r.*
  ), copied AS (${copyToHosts('ended')}),
  logged AS (${logEnding('ended', '$2::jsonb')})
  SELECT id FROM ended`;

/** Ends what nobody will work on any more. Any worker may do it at any time. */
@Injectable()
export class RunSweep {
  private readonly logger = new Logger(RunSweep.name);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly redis: RedisService,
    private readonly jobs: JobClosing,
  ) {}

  /** Runs that lost their last worker, also those that were to be stopped, and jobs whose runs have all ended. */
  async sweep(): Promise<void> {
    const isLost = `lease_owner IS NOT NULL AND losses >= ${MOST_LOSSES - 1}`;
    await this.end('FORCE_STOP', CANCELLED_UNSEEN, `${isLost} AND cancel_requested_at IS NOT NULL`);
    await this.end('CELERY_TASK_EXCEPT', LOST_TOO_OFTEN, `${isLost} AND cancel_requested_at IS NULL`);
    await this.jobs.closeFinishedJobs();
  }

  private async end(errCode: ErrCode, why: Text, condition: string): Promise<void> {
    const ended = await this.dataSource.query<{ id: number }[]>(endLeft(condition), [errCode, JSON.stringify(why)]);
    if (ended.length === 0) return;
    this.logger.warn(`ended ${ended.length} abandoned runs as ${errCode}, for example run ${ended[0]?.id}`);
    await Promise.all(ended.map(({ id }) => this.redis.publish(logChannel(id), '')));
  }
}
