import { Module } from '@nestjs/common';
import { HostsMaintenance } from './hosts-maintenance.js';
import { HostsModule } from './hosts.module.js';

/** The timers about hosts, for workers. */
@Module({ imports: [HostsModule], providers: [HostsMaintenance] })
export class HostsMaintenanceModule {}
