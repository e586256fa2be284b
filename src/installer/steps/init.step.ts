import { Injectable } from '@nestjs/common';
import { Text } from '../../common/i18n/text.js';
import { ConfigService } from '../../config/config.service.js';
import type { ClaimedRun } from '../../tasks/run-claims.js';
import { isInstallation, pipelineOf } from '../pipelines.js';
import { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { serversMissing, stepTimedOut } from './step-failures.js';

/** Looks whether the run can be done at all, before anybody is bothered. */
@Injectable()
export class InitStep implements InstallStep {
  readonly name = 'INIT';

  constructor(private readonly config: ConfigService) {}

  timeoutMs(): number {
    return 30_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('CELERY_TASK_EXCEPT', this.name, this.timeoutMs());
  }

  async run({ run, journal }: StepContext): Promise<void> {
    if (!pipelineOf(run).isReady) throw notReady(run);
    const where = `${run.innerIp}:${run.port}`;
    journal.say(
      new Text(
        `${run.opType} ${run.nodeType}，主机 ${where}，账号 ${run.account}，认证方式 ${run.authType}`,
        `${run.opType} ${run.nodeType} on ${where}, account ${run.account}, login by ${run.authType}`,
      ),
    );
    if (isInstallation(run.opType) && !(await this.config.nginx())?.inner.length) throw serversMissing();
  }
}

function notReady({ opType, nodeType }: ClaimedRun): RunFailure {
  return new RunFailure(
    'CELERY_TASK_EXCEPT',
    new Text(
      `当前服务端版本尚不支持对 ${nodeType} 执行 ${opType}，未对主机做任何操作。请使用支持它的版本`,
      `This version of the server does not do ${opType} of ${nodeType} yet; nothing was done on the host. Use a version that does`,
    ),
  );
}
