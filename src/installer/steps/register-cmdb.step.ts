import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CmdbService } from '../../cmdb/cmdb.service.js';
import { isConnectionError, isForeignKeyViolation } from '../../common/db/postgres-errors.js';
import { AppError } from '../../common/errors/app-error.js';
import { Text } from '../../common/i18n/text.js';
import { RunFailure } from '../run.failures.js';
import type { InstallStep, StepContext } from '../step.js';
import { stepTimedOut } from './step-failures.js';

/** Tells the CMDB that the machine belongs to its business; one that it knows stays where it is. */
@Injectable()
export class RegisterCmdbStep implements InstallStep {
  readonly name = 'REGISTER_CMDB';

  constructor(
    private readonly cmdb: CmdbService,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  timeoutMs(): number {
    return 30_000;
  }

  timedOut(): RunFailure {
    return stepTimedOut('REGISTER_FAILED', this.name, this.timeoutMs());
  }

  async run({ run, journal }: StepContext): Promise<void> {
    const { businessId, cloudId, innerIp: address } = run;
    try {
      await this.dataSource.transaction((manager) => this.cmdb.register(manager, { businessId, cloudId, address }));
    } catch (error) {
      throw refusalOf(error, businessId);
    }
    journal.say(new Text(`已注册到业务 ${businessId}`, `Registered with business ${businessId}`));
  }
}

/** What the CMDB said; an outage of our own database is not its fault, and is left as it is. */
function refusalOf(error: unknown, businessId: number): unknown {
  if (isConnectionError(error)) return error;
  const isKnown = error instanceof AppError || isForeignKeyViolation(error, 'fk_cmdb_members_business');
  if (!isKnown) return error;
  const said = error instanceof AppError ? error.text : new Text('业务不存在', 'the business does not exist');
  return new RunFailure(
    'REGISTER_FAILED',
    new Text(
      `CMDB 拒绝将主机注册到业务 ${businessId}：${said.zh}；Agent 已安装`,
      `The CMDB refused to register the host with business ${businessId}: ${said.en}; the agent is installed`,
    ),
  );
}
