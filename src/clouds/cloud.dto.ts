import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { Text } from '../common/i18n/text.js';
import type { CloudUsage } from './cloud-usage.query.js';

/** Letters of any script, decimal digits, `_`, `-`. @see contract 3.4 */
export const CLOUD_NAME = /^[\p{L}\p{Nd}_-]{1,32}$/u;

export class CloudInput {
  @ApiProperty({
    example: '华南-1',
    minLength: 1,
    maxLength: 32,
    description: '1-32 letters, digits, _ or -; unique in the installation.',
  })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' || typeof value === 'number' ? String(value).trim().normalize('NFC') : value,
  )
  @Matches(CLOUD_NAME, {
    context: { text: new Text('请填写 1-32 个字母、数字、汉字、_ 或 -', 'Give 1-32 letters, digits, _ or -') },
  })
  bk_cloud_name!: string;
}

/** A cloud with what the business of the path has in it. */
export class CloudResponse {
  @ApiProperty({ example: '2' })
  bk_cloud_id!: string;

  @ApiProperty({ example: '华南-1' })
  bk_cloud_name!: string;

  @ApiProperty({ example: 'admin', description: 'Name of the user who made it.' })
  creator!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-31T08:00:00.000Z' })
  created_time!: string;

  @ApiProperty({ example: 2, description: 'Proxies of this business in the cloud.' })
  proxy_total!: number;

  @ApiProperty({ example: 1, description: 'Those of them whose agent is RUNNING.' })
  proxy_valid!: number;

  @ApiProperty({ example: 10, description: 'Hosts of this business in the cloud, proxies included.' })
  host_count!: number;

  static from({ id, name, creator, createdAt, proxyTotal, proxyValid, hostCount }: CloudUsage): CloudResponse {
    return {
      bk_cloud_id: String(id),
      bk_cloud_name: name,
      creator,
      created_time: createdAt.toISOString(),
      proxy_total: proxyTotal,
      proxy_valid: proxyValid,
      host_count: hostCount,
    };
  }
}
