import { Body, Controller, Headers, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { Env } from '../env/env.js';
import { type ParsedToken, parseToken } from './agent-tokens.service.js';
import { HeartbeatFolder } from './heartbeat-folder.js';
import type { Report } from './heartbeat-writer.js';
import { type CommandResultBody, CommandResponse, HeartbeatBody, HeartbeatResponse } from './heartbeat.dto.js';
import { ReportServers } from './report-servers.js';
import { UnknownAgentError } from './unknown-agent.error.js';

@ApiTags('agents')
@Controller('agent')
export class HeartbeatController {
  constructor(
    private readonly folder: HeartbeatFolder,
    private readonly servers: ReportServers,
    private readonly env: Env,
  ) {}

  @Post('heartbeat')
  @Public()
  @ApiOperation({
    summary: 'An agent says that it runs',
    description: 'For agents. They have no login but a token of their host, that a run gave them.',
  })
  @ApiEnvelope(HeartbeatResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'UNAUTHORIZED', 'TOO_MANY_REQUESTS'],
  })
  async report(
    @Body() body: HeartbeatBody,
    @Headers('authorization') authorization?: string,
  ): Promise<HeartbeatResponse> {
    const { hostId, hash } = tokenOf(body.token ?? bearerOf(authorization));
    const reporter = await this.folder.submit({
      hostId,
      tokenHash: hash,
      name: body.name,
      version: body.version,
      isStopping: body.state === 'stopping',
      processes: (body.processes ?? []).map(({ name, status, version = '' }) => ({ name, status, version })),
      commandResult: resultOf(body.command_result),
    });
    return {
      interval: this.env.heartbeatIntervalSeconds,
      servers: await this.servers.for(reporter),
      ...(reporter.command && { command: CommandResponse.from(reporter.command) }),
    };
  }
}

function resultOf(body: CommandResultBody | undefined): Report['commandResult'] {
  return body ? { runId: body.id, exitCode: body.code, output: body.text ?? '' } : null;
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

function tokenOf(text: string): ParsedToken {
  const token = parseToken(text);
  if (!token) throw new UnknownAgentError();
  return token;
}
