import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { CmdbModule } from '../cmdb/cmdb.module.js';
import { ConfigModule } from '../config/config.module.js';
import { HostsModule } from '../hosts/hosts.module.js';
import { ProxiesModule } from '../proxies/proxies.module.js';
import { INSTALL_QUEUE, InstallQueue } from './install.queue.js';
import { RunCancelService } from './run-cancel.service.js';
import { RunClaims } from './run-claims.js';
import { RunEffects } from './run-effects.js';
import { JobClosing } from './run-job-closing.js';
import { RunSweep } from './run-sweep.js';
import { RunTransitions } from './run-transitions.js';

/** The life of runs in the database, without HTTP: the API and the worker both stand on it. */
@Module({
  imports: [
    BullModule.registerQueue({ name: INSTALL_QUEUE }),
    ConfigModule,
    CmdbModule,
    HostsModule,
    ProxiesModule,
    AgentsModule,
  ],
  providers: [InstallQueue, RunCancelService, RunClaims, RunEffects, JobClosing, RunSweep, RunTransitions],
  exports: [BullModule, InstallQueue, RunCancelService, RunClaims, JobClosing, RunSweep, RunTransitions],
})
export class RunsModule {}
