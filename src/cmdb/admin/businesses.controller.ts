import { Body, Controller, Delete, Param, Patch, Post } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../auth/access.decorator.js';
import { ApiEnvelope } from '../../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../../common/validation/ids.js';
import { ApplicationResponse } from '../cmdb.dto.js';
import { BusinessesService } from './businesses.service.js';
import { ApplicationInput } from './cmdb-admin.dto.js';

@ApiTags('cmdb')
@AdminOnly()
@ApiConsumes('application/json', 'application/x-www-form-urlencoded')
@Controller('cmdb/applications')
export class BusinessesController {
  constructor(private readonly businesses: BusinessesService) {}

  @Post()
  @ApiOperation({ summary: 'Make a business, with its idle pool' })
  @ApiEnvelope(ApplicationResponse, { errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED'] })
  async create(@Body() input: ApplicationInput): Promise<ApplicationResponse> {
    return ApplicationResponse.from(await this.businesses.create(input.ApplicationName));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Rename a business' })
  @ApiParam({ name: 'id', type: String, example: '2' })
  @ApiEnvelope(ApplicationResponse, {
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'],
  })
  async rename(@Param('id', ParseIdPipe) id: number, @Body() input: ApplicationInput): Promise<ApplicationResponse> {
    return ApplicationResponse.from(await this.businesses.rename(id, input.ApplicationName));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a business that has neither hosts nor jobs' })
  @ApiParam({ name: 'id', type: String, example: '2' })
  @ApiEnvelope(null, { errors: ['FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async delete(@Param('id', ParseIdPipe) id: number): Promise<void> {
    await this.businesses.delete(id);
  }
}
