import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentsModule } from '../agents/agents.module.js';
import { CmdbModule } from '../cmdb/cmdb.module.js';
import { ConfigModule } from '../config/config.module.js';
import { HostsModule } from '../hosts/hosts.module.js';
import { PackagesModule } from '../packages/packages.module.js';
import { JobCancelService } from './job-cancel.service.js';
import { JobFailuresService } from './job-failures.service.js';
import { JobRetryService } from './job-retry.service.js';
import { Job } from './job.entity.js';
import { JobsService } from './jobs.service.js';
import { RunsModule } from './runs.module.js';
import { HostTakeover } from './submit/host-takeover.js';
import { IdempotencyService } from './submit/idempotency.service.js';
import { TaskChecks } from './submit/task-checks.js';
import { TaskSubmissionService } from './submit/task-submission.service.js';
import { TaskWriter } from './submit/task-writer.js';
import { TasksHousekeeping } from './tasks-housekeeping.js';
import { TasksController } from './tasks.controller.js';

/** Jobs over HTTP: for the API process only. Workers stand on `RunsModule`. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Job]),
    RunsModule,
    ConfigModule,
    CmdbModule,
    HostsModule,
    AgentsModule,
    PackagesModule,
  ],
  controllers: [TasksController],
  providers: [
    JobsService,
    JobCancelService,
    JobRetryService,
    JobFailuresService,
    IdempotencyService,
    TaskChecks,
    TaskSubmissionService,
    HostTakeover,
    TaskWriter,
    TasksHousekeeping,
  ],
})
export class TasksModule {}
