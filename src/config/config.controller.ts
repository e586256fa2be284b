import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AdminOnly } from '../auth/access.decorator.js';
import type { Caller } from '../auth/caller.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { SettingForm, SettingResponse } from './config.dto.js';
import { ConfigService } from './config.service.js';
import { SETTING_KEYS } from './settings.registry.js';

/** @see contract 3.1 */
@ApiTags('config')
@Controller('config/kv')
export class ConfigController {
  constructor(private readonly config: ConfigService) {}

  @Get()
  @ApiOperation({ summary: 'Read a setting' })
  @ApiQuery({ name: 'key', schema: { type: 'string', enum: [...SETTING_KEYS], example: 'timeout' } })
  @ApiEnvelope(SettingResponse, {
    description: "The key's own fields.",
    errors: ['VALIDATE_ERROR', 'OBJECT_NOT_EXIST'],
  })
  async get(@Query('key') key: unknown): Promise<SettingResponse> {
    return this.config.get(key);
  }

  @Post()
  @AdminOnly()
  @ApiOperation({ summary: 'Set a setting, whole: fields that are not given become empty' })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiBody({ type: SettingForm })
  @ApiEnvelope(SettingResponse, {
    description: 'What is stored now.',
    errors: ['VALIDATE_ERROR', 'FORM_VALIDATE_ERROR', 'PERMISSION_DENIED'],
  })
  async set(@Body() form: unknown, @CurrentUser() caller: Caller): Promise<SettingResponse> {
    return this.config.set(form, caller.username);
  }
}
