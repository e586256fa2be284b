import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CmdbModule } from '../cmdb/cmdb.module.js';
import { Credential } from './credential.entity.js';
import { CredentialsService } from './credentials.service.js';
import { Host } from './host.entity.js';
import { HostsService } from './hosts.service.js';

/** Hosts and their credentials, for both processes. */
@Module({
  imports: [TypeOrmModule.forFeature([Host, Credential]), CmdbModule],
  providers: [HostsService, CredentialsService],
  exports: [HostsService, CredentialsService],
})
export class HostsModule {}
