import { Module } from '@nestjs/common';
import { ProxiesService } from './proxies.service.js';
import { ServerKeyService } from './server-key.service.js';

/** What is known of proxies, for both processes. */
@Module({
  providers: [ProxiesService, ServerKeyService],
  exports: [ProxiesService, ServerKeyService],
})
export class ProxiesModule {}
