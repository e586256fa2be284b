import { Module } from '@nestjs/common';
import { ProxiesModule } from '../proxies/proxies.module.js';
import { AgentSweep } from './agent-sweep.js';
import { HeartbeatController } from './heartbeat.controller.js';
import { HeartbeatFolder } from './heartbeat-folder.js';
import { HeartbeatWriter } from './heartbeat-writer.js';
import { ReportServers } from './report-servers.js';

/** Heartbeats in, agent status out; for the API. */
@Module({
  imports: [ProxiesModule],
  controllers: [HeartbeatController],
  providers: [HeartbeatFolder, HeartbeatWriter, ReportServers, AgentSweep],
})
export class AgentsApiModule {}
