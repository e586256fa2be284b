import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsDefined } from 'class-validator';
import { BusinessId } from '../auth/business-id.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { parseIdList } from '../common/validation/ids.js';
import { CommaList } from '../common/validation/transforms.js';
import { HostListService } from './host-list.service.js';
import { StatusResponse } from './status.dto.js';

const MAX_HOSTS = 2_000;

class HostStatusQuery {
  @ApiProperty({ type: String, example: '1,2', description: `Ids of at most ${MAX_HOSTS} hosts, with commas` })
  @IsDefined()
  @CommaList()
  host_ids!: string[];
}

@ApiTags('hosts')
@Controller(':bk_biz_id/host_status')
export class HostStatusController {
  constructor(private readonly lists: HostListService) {}

  @Get()
  @ApiOperation({
    summary: 'What runs on these hosts',
    description:
      'The elements of `status` of all these hosts, by host id. Hosts that the business does not have are missing.',
  })
  @ApiEnvelope([StatusResponse], { errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async list(@BusinessId() businessId: number, @Query() query: HostStatusQuery): Promise<StatusResponse[]> {
    const hostIds = parseIdList(query.host_ids, 'host_ids', MAX_HOSTS);
    const rows = await this.lists.statuses(businessId, hostIds);
    return rows.flatMap((row) => StatusResponse.listFrom(row));
  }
}
