import { Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { BusinessId } from '../auth/business-id.decorator.js';
import { RequestContext } from '../common/logging/request-context.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { type Page, PageQuery, PageResponse } from '../common/pagination/page.js';
import { ParseIdPipe } from '../common/validation/ids.js';
import type { Locale } from '../common/i18n/text.js';
import { HostListQuery } from './host-list.query.js';
import { HostListService } from './host-list.service.js';
import { HostResponse, RemovedHostResponse } from './host.dto.js';
import { HostsService, KEPT_AFTER_REMOVAL_MS } from './hosts.service.js';

@ApiTags('hosts')
@Controller(':bk_biz_id/hosts')
export class HostsController {
  constructor(
    private readonly lists: HostListService,
    private readonly hosts: HostsService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The hosts of a business, with what runs on them and how their last job went' })
  @ApiEnvelope(PageResponse(HostResponse), { errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async list(
    @BusinessId() businessId: number,
    @Query() query: HostListQuery,
    @Req() request: Request,
  ): Promise<Page<HostResponse>> {
    const page = await this.lists.list(businessId, query, request.originalUrl);
    return { ...page, items: page.items.map((row) => HostResponse.from(row, locale())) };
  }

  @Get('removed')
  @ApiOperation({ summary: 'Hosts that were removed within a day, last removed first' })
  @ApiEnvelope(PageResponse(RemovedHostResponse), {
    errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'],
  })
  async removed(
    @BusinessId() businessId: number,
    @Query() query: PageQuery,
    @Req() request: Request,
  ): Promise<Page<RemovedHostResponse>> {
    const page = await this.lists.removed(businessId, query, request.originalUrl);
    const items = page.items.map((row) => RemovedHostResponse.fromRemoved(row, locale(), KEPT_AFTER_REMOVAL_MS));
    return { ...page, items };
  }

  @Get(':host_id')
  @ApiOperation({ summary: 'One host' })
  @ApiParam({ name: 'host_id', type: Number, example: 1 })
  @ApiEnvelope(HostResponse, { errors: ['OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async get(@BusinessId() businessId: number, @Param('host_id', ParseIdPipe) hostId: number): Promise<HostResponse> {
    return HostResponse.from(await this.lists.get(businessId, hostId), locale());
  }

  @Post(':host_id/restore')
  @ApiOperation({ summary: 'Brings a host back that was removed within a day' })
  @ApiParam({ name: 'host_id', type: Number, example: 1 })
  @ApiEnvelope(HostResponse, { errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST', 'PERMISSION_DENIED'] })
  async restore(
    @BusinessId() businessId: number,
    @Param('host_id', ParseIdPipe) hostId: number,
  ): Promise<HostResponse> {
    await this.hosts.restore(businessId, hostId);
    return HostResponse.from(await this.lists.get(businessId, hostId), locale());
  }
}

/** Every request has a context; its language is what the sentences of an answer are told in. */
function locale(): Locale {
  return RequestContext.current()?.locale ?? 'zh-CN';
}
