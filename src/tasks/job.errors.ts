import { FormValidateError, ObjectNotExistError, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

export class JobNotFoundError extends ObjectNotExistError {
  constructor() {
    super(new Text('任务不存在', 'The job does not exist'));
  }
}

export class JobIdsMissingError extends FormValidateError {
  constructor() {
    super(new Text('请用 jobs= 指明要终止的任务', 'Say with jobs= which jobs are to be stopped'));
  }
}

/** Some of its hosts are queued or running. */
export class JobNotFinishedError extends FormValidateError {
  constructor() {
    super(new Text('任务尚未结束，结束后才能重试', 'The job has not ended yet; it can be retried once it has'));
  }
}

export class NothingFailedError extends FormValidateError {
  constructor() {
    super(new Text('该任务没有失败的主机', 'No host of this job has failed'));
  }
}

export class HostsNotFailedError extends ValidateError {
  /** @param hostIds those that are not among the failed hosts of the job */
  constructor(hostIds: readonly number[]) {
    const named = hostIds.slice(0, 20).join(', ');
    super({
      host_ids: [new Text(`这些主机不是该任务中失败的主机：${named}`, `Not failed hosts of this job: ${named}`)],
    });
  }
}
