import { Body, Controller, Delete, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../../auth/access.decorator.js';
import { BusinessId } from '../../auth/business-id.decorator.js';
import { ApiEnvelope } from '../../common/openapi/api-envelope.decorator.js';
import { ParseIdPipe } from '../../common/validation/ids.js';
import { ModuleInput, ModuleNameInput, ModuleResponse, PlacementInput, PlacementResponse } from './cmdb-admin.dto.js';
import { ModulesService } from './modules.service.js';
import { PlacementService } from './placement.service.js';

const ERRORS = ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] as const;

@ApiTags('cmdb')
@AdminOnly()
@ApiConsumes('application/json', 'application/x-www-form-urlencoded')
@Controller('cmdb/:bk_biz_id/modules')
export class ModulesController {
  constructor(
    private readonly modules: ModulesService,
    private readonly placement: PlacementService,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make a module in a set' })
  @ApiEnvelope(ModuleResponse, { errors: ERRORS })
  async create(@BusinessId() businessId: number, @Body() input: ModuleInput): Promise<ModuleResponse> {
    return ModuleResponse.from(await this.modules.create(businessId, input.SetID, input.ModuleName));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Rename a module' })
  @ApiParam({ name: 'id', type: String, example: '3' })
  @ApiEnvelope(ModuleResponse, { errors: ERRORS })
  async rename(
    @BusinessId() businessId: number,
    @Param('id', ParseIdPipe) id: number,
    @Body() input: ModuleNameInput,
  ): Promise<ModuleResponse> {
    return ModuleResponse.from(await this.modules.rename(businessId, id, input.ModuleName));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a module; hosts that are in no other go back to 空闲机' })
  @ApiParam({ name: 'id', type: String, example: '3' })
  @ApiEnvelope(null, { errors: ['FORM_VALIDATE_ERROR', 'PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async delete(@BusinessId() businessId: number, @Param('id', ParseIdPipe) id: number): Promise<void> {
    await this.modules.delete(businessId, id);
  }

  @Put(':id/hosts')
  @ApiOperation({ summary: 'Put hosts into a module, and so out of the idle pool' })
  @ApiParam({ name: 'id', type: String, example: '2' })
  @ApiEnvelope(PlacementResponse, { errors: ERRORS })
  async addHosts(
    @BusinessId() businessId: number,
    @Param('id', ParseIdPipe) moduleId: number,
    @Body() { bk_cloud_id: cloudId, hosts: addresses }: PlacementInput,
  ): Promise<PlacementResponse> {
    return { changed: await this.placement.add({ businessId, moduleId, cloudId, addresses }) };
  }

  @Delete(':id/hosts')
  @ApiOperation({ summary: 'Take hosts out of a module; those left in none go back to 空闲机' })
  @ApiParam({ name: 'id', type: String, example: '2' })
  @ApiEnvelope(PlacementResponse, { errors: ERRORS })
  async removeHosts(
    @BusinessId() businessId: number,
    @Param('id', ParseIdPipe) moduleId: number,
    @Body() { bk_cloud_id: cloudId, hosts: addresses }: PlacementInput,
  ): Promise<PlacementResponse> {
    return { changed: await this.placement.remove({ businessId, moduleId, cloudId, addresses }) };
  }
}
