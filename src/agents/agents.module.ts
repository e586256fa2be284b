import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentCommandKeys } from './agent-command-keys.service.js';
import { AgentCommand } from './agent-command.entity.js';
import { AgentCommands } from './agent-commands.service.js';
import { AgentTokensService } from './agent-tokens.service.js';
import { AgentWatch } from './agent-watch.js';
import { Agent } from './agent.entity.js';

/** What runs need to know of agents, for both processes. */
@Module({
  imports: [TypeOrmModule.forFeature([Agent, AgentCommand])],
  providers: [AgentTokensService, AgentWatch, AgentCommandKeys, AgentCommands],
  exports: [AgentTokensService, AgentWatch, AgentCommandKeys, AgentCommands],
})
export class AgentsModule {}
