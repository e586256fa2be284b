import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import type { Job } from './job.entity.js';
import { HostsNotFailedError, JobNotFinishedError, NothingFailedError } from './job.errors.js';
import { JobsService, type RunOfJob } from './jobs.service.js';
import { Complaints } from './submit/complaints.js';
import { NO_FIELDS, takesAgentAway, type TaskRequest } from './submit/task-request.js';
import { TaskSubmissionService } from './submit/task-submission.service.js';

/** Tries the failed hosts of a job again, in a new job, with what is stored of them. */
@Injectable()
export class JobRetryService {
  constructor(
    private readonly jobs: JobsService,
    private readonly submissions: TaskSubmissionService,
  ) {}

  /**
   * Returns the id of the new job. The rules of tasks hold for it as for any other.
   * @param hostIds some of the failed hosts; null: all of them
   * @throws JobNotFoundError
   * @throws JobNotFinishedError
   * @throws NothingFailedError
   * @throws HostsNotFailedError
   */
  async retry(caller: Caller, businessId: number, jobId: number, hostIds: readonly number[] | null): Promise<number> {
    const { job, runs, counts } = await this.jobs.getWithRuns(businessId, jobId);
    if (counts.running > 0) throw new JobNotFinishedError();
    const failed = runs.filter(({ status }) => status === 'FAILED');
    if (failed.length === 0) throw new NothingFailedError();
    const wanted = hostIds ? pick(failed, hostIds) : failed;
    return this.submissions.submit({ caller, businessId, request: () => requestFrom(job, wanted), repeatable: null });
  }
}

function pick(failed: readonly RunOfJob[], hostIds: readonly number[]): RunOfJob[] {
  const failedIds = new Set(failed.map(({ hostId }) => hostId));
  const strangers = hostIds.filter((id) => !failedIds.has(id));
  if (strangers.length > 0) throw new HostsNotFailedError(strangers);
  const wanted = new Set(hostIds);
  return failed.filter(({ hostId }) => wanted.has(hostId));
}

/** The same operation, with nothing said about the hosts: it is all stored. */
function requestFrom({ id, opType, nodeType, cloudId, packageVersion }: Job, runs: readonly RunOfJob[]): TaskRequest {
  return {
    opType,
    nodeType: takesAgentAway(opType) ? null : nodeType,
    cloudId,
    rows: runs.map(({ innerIp }) => ({
      sentIp: innerIp,
      address: innerIp,
      fields: NO_FIELDS,
      complaints: new Complaints(),
    })),
    ignoresInstalledElsewhere: false,
    originJobId: id,
    packageVersion,
  };
}
