import { Controller, Delete, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AdminOnly } from '../auth/access.decorator.js';
import type { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { type Page, pageOf, PageQuery, PageResponse } from '../common/pagination/page.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import { PackageResponse, PackageUpload } from './package.dto.js';
import { PackageStore } from './package-store.js';
import { PackagesService } from './packages.service.js';
import { readUpload } from './upload-reader.js';

@ApiTags('packages')
@Controller('packages')
export class PackagesController {
  constructor(
    private readonly packages: PackagesService,
    private readonly store: PackageStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Agent packages, newest first' })
  @ApiEnvelope(PageResponse(PackageResponse), { errors: ['VALIDATE_ERROR'] })
  async list(@Query() query: PageQuery, @Req() request: Request): Promise<Page<PackageResponse>> {
    const skip = (query.page - 1) * query.page_size;
    const { items, count } = await this.packages.list({ skip, take: query.page_size });
    return pageOf(items.map(PackageResponse.from), count, query, request.originalUrl);
  }

  @Post()
  @AdminOnly()
  @ApiOperation({ summary: 'Upload an agent package; the same bytes once more change nothing' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: PackageUpload })
  @ApiEnvelope(PackageResponse, { errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED'] })
  async upload(@Req() request: Request, @CurrentUser() caller: Caller): Promise<PackageResponse> {
    const file = await readUpload(request, this.store);
    return PackageResponse.from(await this.packages.add(file, caller.username));
  }

  @Delete(':id')
  @AdminOnly()
  @ApiOperation({ summary: 'Delete a package; one that came with the software is back at the next start' })
  @ApiParam({ name: 'id', type: Number, example: 1 })
  @ApiEnvelope(null, { errors: ['PERMISSION_DENIED', 'OBJECT_NOT_EXIST'] })
  async delete(@Param('id', ParseIdPipe) id: number): Promise<void> {
    await this.packages.delete(id);
  }
}
