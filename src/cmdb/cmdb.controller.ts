import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { BusinessId } from '../auth/business-id.decorator.js';
import type { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { ApplicationResponse, TopologyQuery, TopologySetResponse } from './cmdb.dto.js';
import { CmdbService } from './cmdb.service.js';

/** @see contract 3.10, 3.11 */
@ApiTags('cmdb')
@Controller('cmdb')
export class CmdbController {
  constructor(private readonly cmdb: CmdbService) {}

  @Get('applications')
  @ApiOperation({ summary: 'Businesses that the caller may see' })
  @ApiEnvelope([ApplicationResponse], { description: 'Ordered by id.' })
  async applications(@CurrentUser() caller: Caller): Promise<ApplicationResponse[]> {
    return (await this.cmdb.applicationsOf(caller)).map(ApplicationResponse.from);
  }

  @Get(':bk_biz_id/topo')
  @ApiOperation({ summary: 'Sets and modules of a business' })
  @ApiEnvelope([TopologySetResponse], {
    description: 'The idle pool first, then sets by id.',
    errors: ['VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async topology(@BusinessId() businessId: number, @Query() query: TopologyQuery): Promise<TopologySetResponse[]> {
    const sets = await this.cmdb.topology(businessId, query.add_hosts ?? false);
    return sets.map(TopologySetResponse.from);
  }
}
