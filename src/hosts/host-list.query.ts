import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Text } from '../common/i18n/text.js';
import { PageQuery } from '../common/pagination/page.js';
import { CommaList, EmptyAsAbsent, ToText } from '../common/validation/transforms.js';
import { DEFAULT_ORDER, SORT_COLUMNS } from './host-order.js';
import { AGENT_STATUSES, NODE_TYPES, OS_TYPES } from './host.enums.js';

const MAX_ADDRESSES = 500;
const JOB_STATUSES = ['QUEUE', 'RUNNING', 'SUCCESS', 'FAILED'] as const;

/** An id that may come as number or text. */
const OptionalId = (description: string, example: string) =>
  applyDecorators(
    ApiProperty({ required: false, type: String, description, example }),
    IsOptional(),
    ToText(),
    Matches(/^\d{1,20}$/, { context: { text: new Text('请填写合法的整数值。', 'A valid integer is required.') } }),
  );

/** Free text to look for. Postgres has no text with NUL in it. */
const OptionalText = (description: string) =>
  applyDecorators(
    ApiProperty({ required: false, type: String, description }),
    IsOptional(),
    EmptyAsAbsent(),
    IsString(),
    MaxLength(200),
    Matches(/^[^\0]*$/),
  );

/** One or more of a few words, separated by commas. */
const OptionalChoices = (choices: readonly string[], description: string) =>
  applyDecorators(
    ApiProperty({
      required: false,
      type: String,
      description: `${description}: ${choices.join(', ')}; or several of them, with commas`,
    }),
    IsOptional(),
    CommaList(),
    ArrayMaxSize(choices.length),
    IsIn(choices, { each: true }),
  );

/** Which hosts are wanted, and in what order. All filters must hold. */
export class HostListQuery extends PageQuery {
  @OptionalId('Hosts in a module of this set', '1')
  bk_set_id?: string;

  @OptionalId('Hosts in this module', '1')
  bk_module_id?: string;

  @OptionalId('Hosts of this cloud', '0')
  bk_cloud_id?: string;

  @OptionalText('Part of the version of the agent')
  version?: string;

  @OptionalText('Part of inner ip, outer ip, node type, OS type or cloud name, in any case')
  keyword?: string;

  @ApiProperty({
    required: false,
    type: String,
    description: `Exact inner or outer addresses, at most ${MAX_ADDRESSES}, with commas`,
  })
  @IsOptional()
  @CommaList()
  @ArrayMaxSize(MAX_ADDRESSES)
  ip?: string[];

  @OptionalChoices(NODE_TYPES, 'Type of node')
  node_type?: string[];

  @OptionalChoices(OS_TYPES, 'Operating system')
  os_type?: string[];

  @OptionalChoices(AGENT_STATUSES, 'State of the agent')
  agent_status?: string[];

  @OptionalChoices(JOB_STATUSES, 'Status of the last job other than UPDATE_AUTHINFO')
  job_status?: string[];

  @ApiProperty({
    required: false,
    type: String,
    description: `${Object.keys(SORT_COLUMNS).join(', ')}; with a leading - for descending. Default ${DEFAULT_ORDER}`,
    example: DEFAULT_ORDER,
  })
  @IsOptional()
  @EmptyAsAbsent()
  @IsString()
  order_by?: string;

  @ApiProperty({
    required: false,
    type: String,
    description:
      'Begins (`*`) or goes on with a walk over everything that stays quick, and neither skips nor repeats hosts when ' +
      'others come and go: follow `next`, which carries the cursor of the following page, until it is null. ' +
      '`page` is not looked at then.',
  })
  @IsOptional()
  @EmptyAsAbsent()
  @IsString()
  @MaxLength(2_000)
  cursor?: string;
}
