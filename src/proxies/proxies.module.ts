import { Module } from '@nestjs/common';
import { ConfigModule } from '../config/config.module.js';
import { HostServers } from './host-servers.js';
import { ProxiesService } from './proxies.service.js';
import { ServerKeyService } from './server-key.service.js';

/** What is known of proxies, for both processes. */
@Module({
  imports: [ConfigModule],
  providers: [ProxiesService, ServerKeyService, HostServers],
  exports: [ProxiesService, ServerKeyService, HostServers],
})
export class ProxiesModule {}
