import { type DynamicModule, Module } from '@nestjs/common';
import { CoreModule } from './core.module.js';
import type { Env } from './env/env.js';
import { WorkerHealthModule } from './health/worker-health.module.js';
import { HostsMaintenanceModule } from './hosts/hosts-maintenance.module.js';
import { InstallerModule } from './installer/installer.module.js';
import { ProxyProbeModule } from './proxies/proxy-probe.module.js';

/** The worker process: it installs, and serves nothing but health and metrics. */
@Module({})
export class WorkerModule {
  static of(env: Env): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        CoreModule.of(env, 'worker'),
        InstallerModule,
        HostsMaintenanceModule,
        ProxyProbeModule,
        WorkerHealthModule,
      ],
    };
  }
}
