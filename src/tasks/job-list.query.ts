import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '../common/pagination/page.js';
import { CommaList, EmptyAsAbsent, ToText } from '../common/validation/transforms.js';
import { NODE_TYPES } from '../hosts/host.enums.js';
import { JOB_STATUSES, OP_TYPES } from './task.enums.js';

const MAX_ADDRESSES = 500;
const OP_CHOICES = [...OP_TYPES, 'SAVE'] as const;

/** Which jobs are wanted. All filters must hold. */
export class JobListQuery extends PageQuery {
  @ApiProperty({ required: false, enum: OP_CHOICES, description: 'SAVE is UPDATE_AUTHINFO' })
  @IsOptional()
  @EmptyAsAbsent()
  @IsIn(OP_CHOICES)
  op_type?: string;

  @ApiProperty({ required: false, enum: NODE_TYPES })
  @IsOptional()
  @EmptyAsAbsent()
  @IsIn(NODE_TYPES)
  node_type?: string;

  @ApiProperty({ required: false, enum: JOB_STATUSES })
  @IsOptional()
  @EmptyAsAbsent()
  @IsIn(JOB_STATUSES)
  status?: string;

  @ApiProperty({ required: false, type: String, example: '0' })
  @IsOptional()
  @ToText()
  @Matches(/^\d{1,20}$/)
  bk_cloud_id?: string;

  @ApiProperty({ required: false, type: String, description: 'Who made the job, exactly' })
  @IsOptional()
  @EmptyAsAbsent()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\0]*$/)
  creator?: string;

  @ApiProperty({
    required: false,
    type: String,
    description: 'Made at or after this time, ISO 8601; UTC without an offset',
  })
  @IsOptional()
  @EmptyAsAbsent()
  @IsString()
  start_time__gte?: string;

  @ApiProperty({ required: false, type: String, description: 'Made at or before this time, ISO 8601' })
  @IsOptional()
  @EmptyAsAbsent()
  @IsString()
  start_time__lte?: string;

  @ApiProperty({
    required: false,
    type: String,
    description: `Has a host with one of these inner ips, at most ${MAX_ADDRESSES}, with commas`,
  })
  @IsOptional()
  @CommaList()
  @ArrayMaxSize(MAX_ADDRESSES)
  ip?: string[];
}
