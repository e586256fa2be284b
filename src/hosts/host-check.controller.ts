import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access } from '../auth/access.decorator.js';
import { BusinessId } from '../auth/business-id.decorator.js';
import { MethodNotAllowedError } from '../common/errors/app-error.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { parseId } from '../common/validation/ids.js';
import { CheckHostsBody, CheckProxiesBody, ProxyCountResponse } from './host-check.dto.js';
import { HostCheckService } from './host-check.service.js';

/** Questions that are asked before a task; they are POSTs for their size only, and change nothing. */
@ApiTags('hosts')
@Access('viewer')
@Controller(':bk_biz_id/hosts')
export class HostCheckController {
  constructor(private readonly checks: HostCheckService) {}

  @Post('check')
  @ApiOperation({
    summary: 'Whether any of these addresses is managed already',
    description: 'VALIDATE_ERROR with `messages: [{"<ip>": "<ip>:…"}]` when some are, else null.',
  })
  @ApiEnvelope(null, { errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async check(@BusinessId() businessId: number, @Body() body: CheckHostsBody): Promise<null> {
    await this.checks.requireUnmanaged(businessId, parseId(body.bk_cloud_id ?? '0', 0), body.hosts);
    return null;
  }

  /** Without it the route of single hosts would answer, that there is no host called "check". */
  @Get('check')
  @ApiExcludeEndpoint()
  checkWantsPost(): never {
    throw new MethodNotAllowedError('POST');
  }

  @Post('proxy/check')
  @ApiOperation({ summary: 'How many proxies the business has in a cloud, and how many of them work' })
  @ApiEnvelope(ProxyCountResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'],
  })
  checkProxies(@BusinessId() businessId: number, @Body() body: CheckProxiesBody): Promise<ProxyCountResponse> {
    return this.checks.countProxies(businessId, parseId(body.bk_cloud_id, 0));
  }
}
