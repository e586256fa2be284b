import { Body, Controller, Delete, Param, Patch, Post } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../auth/access.decorator.js';
import { BusinessId } from '../../auth/business-id.decorator.js';
import { ApiEnvelope } from '../../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../../common/validation/ids.js';
import { SetInput, SetResponse } from './cmdb-admin.dto.js';
import { SetsService } from './sets.service.js';

@ApiTags('cmdb')
@AdminOnly()
@ApiConsumes('application/json', 'application/x-www-form-urlencoded')
@Controller('cmdb/:bk_biz_id/sets')
export class SetsController {
  constructor(private readonly sets: SetsService) {}

  @Post()
  @ApiOperation({ summary: 'Make a set' })
  @ApiEnvelope(SetResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async create(@BusinessId() businessId: number, @Body() input: SetInput): Promise<SetResponse> {
    return SetResponse.from(await this.sets.create(businessId, input.SetName));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Rename a set' })
  @ApiParam({ name: 'id', type: String, example: '2' })
  @ApiEnvelope(SetResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async rename(
    @BusinessId() businessId: number,
    @Param('id', ParseIdPipe) id: number,
    @Body() input: SetInput,
  ): Promise<SetResponse> {
    return SetResponse.from(await this.sets.rename(businessId, id, input.SetName));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a set with its modules; hosts that are in no other go back to 空闲机' })
  @ApiParam({ name: 'id', type: String, example: '2' })
  @ApiEnvelope(null, { errors: ['FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async delete(@BusinessId() businessId: number, @Param('id', ParseIdPipe) id: number): Promise<void> {
    await this.sets.delete(businessId, id);
  }
}
