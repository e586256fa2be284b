import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsDefined, IsOptional, IsString, Matches } from 'class-validator';
import { Text } from '../common/i18n/text.js';
import { CommaList, ToText } from '../common/validation/transforms.js';

const MAX_CHECKED = 10_000;

const IsCloudId = () =>
  applyDecorators(
    ToText(),
    Matches(/^\d{1,20}$/, { context: { text: new Text('请填写合法的整数值。', 'A valid integer is required.') } }),
  );

/** Addresses that somebody is about to install. */
export class CheckHostsBody {
  @ApiProperty({ type: [String], example: ['127.0.0.1'], maxItems: MAX_CHECKED, description: 'IPv4 or IPv6 addresses' })
  @IsDefined()
  @CommaList()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_CHECKED)
  @IsString({ each: true })
  hosts!: string[];

  @ApiProperty({ required: false, type: String, default: '0', example: '0' })
  @IsOptional()
  @IsCloudId()
  bk_cloud_id?: string;
}

export class CheckProxiesBody {
  @ApiProperty({ type: String, example: '0' })
  @IsDefined()
  @IsCloudId()
  bk_cloud_id!: string;
}

export class ProxyCountResponse {
  @ApiProperty({ example: 2, description: "The business's PROXY hosts in the cloud" }) total!: number;
  @ApiProperty({ example: 1, description: 'Those whose agent is RUNNING' }) valid_count!: number;
}
