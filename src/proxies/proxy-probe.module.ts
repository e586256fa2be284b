import { Module } from '@nestjs/common';
import { ProxiesModule } from './proxies.module.js';
import { ProxyLinesModule } from './proxy-lines.module.js';
import { ProxyProbe } from './proxy-probe.js';

/** The timer about proxies, for workers. */
@Module({ imports: [ProxiesModule, ProxyLinesModule], providers: [ProxyProbe] })
export class ProxyProbeModule {}
