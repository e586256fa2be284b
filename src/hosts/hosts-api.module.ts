import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CloudsModule } from '../clouds/clouds.module.js';
import { CmdbModule } from '../cmdb/cmdb.module.js';
import { SshModule } from '../ssh/ssh.module.js';
import { HostCheckController } from './host-check.controller.js';
import { HostCheckService } from './host-check.service.js';
import { HostCursors } from './host-cursor.js';
import { HostKeysController } from './host-keys.controller.js';
import { HostListService } from './host-list.service.js';
import { HostPinsService } from './host-pins.service.js';
import { HostStatusController } from './host-status.controller.js';
import { Host } from './host.entity.js';
import { HostsController } from './hosts.controller.js';
import { HostsModule } from './hosts.module.js';

/** The routes about hosts, for the API. Routes with fixed words come before those with an id in the same place. */
@Module({
  imports: [TypeOrmModule.forFeature([Host]), HostsModule, CloudsModule, CmdbModule, SshModule],
  controllers: [HostCheckController, HostStatusController, HostKeysController, HostsController],
  providers: [HostListService, HostCursors, HostCheckService, HostPinsService],
})
export class HostsApiModule {}
