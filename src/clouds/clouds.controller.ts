import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { BusinessId } from '../auth/business-id.decorator.js';
import type { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import { CloudInput, CloudResponse } from './cloud.dto.js';
import { CloudsService } from './clouds.service.js';

/** Cloud 0 is an id too. */
const CloudId = () => Param('bk_cloud_id', new ParseIdPipe(0));

/** @see contract 3.4 */
@ApiTags('clouds')
@Controller(':bk_biz_id/clouds')
export class CloudsController {
  constructor(private readonly clouds: CloudsService) {}

  @Get()
  @ApiOperation({ summary: 'Clouds, without the direct one' })
  @ApiEnvelope([CloudResponse], { description: 'Ordered by id.', errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async list(@BusinessId() businessId: number): Promise<CloudResponse[]> {
    return (await this.clouds.list(businessId)).map(CloudResponse.from);
  }

  @Post()
  @ApiOperation({ summary: 'Make a cloud' })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiEnvelope(CloudResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async create(
    @BusinessId() businessId: number,
    @Body() input: CloudInput,
    @CurrentUser() caller: Caller,
  ): Promise<CloudResponse> {
    const { id } = await this.clouds.create(input.bk_cloud_name, caller.username);
    return CloudResponse.from(await this.clouds.describe(businessId, id));
  }

  @Get(':bk_cloud_id')
  @ApiOperation({ summary: 'One cloud; the direct one too' })
  @ApiParam({ name: 'bk_cloud_id', type: String, example: '0' })
  @ApiEnvelope(CloudResponse, { errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async get(@BusinessId() businessId: number, @CloudId() id: number): Promise<CloudResponse> {
    return CloudResponse.from(await this.clouds.describe(businessId, id));
  }

  @Patch(':bk_cloud_id')
  @ApiOperation({ summary: 'Rename a cloud' })
  @ApiParam({ name: 'bk_cloud_id', type: String, example: '1' })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiEnvelope(CloudResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async rename(
    @BusinessId() businessId: number,
    @CloudId() id: number,
    @Body() input: CloudInput,
  ): Promise<CloudResponse> {
    await this.clouds.rename(id, input.bk_cloud_name);
    return CloudResponse.from(await this.clouds.describe(businessId, id));
  }

  @Delete(':bk_cloud_id')
  @ApiOperation({ summary: 'Delete a cloud that has no hosts, of any business' })
  @ApiParam({ name: 'bk_biz_id', type: String, example: '1', description: 'A business that the caller operates.' })
  @ApiParam({ name: 'bk_cloud_id', type: String, example: '1' })
  @ApiEnvelope(null, { errors: ['FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async delete(@CloudId() id: number, @CurrentUser() caller: Caller): Promise<void> {
    await this.clouds.delete(id, caller);
  }
}
