import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentTokensService } from './agent-tokens.service.js';
import { AgentWatch } from './agent-watch.js';
import { Agent } from './agent.entity.js';

/** What runs need to know of agents, for both processes. */
@Module({
  imports: [TypeOrmModule.forFeature([Agent])],
  providers: [AgentTokensService, AgentWatch],
  exports: [AgentTokensService, AgentWatch],
})
export class AgentsModule {}
