import { ApiProperty } from '@nestjs/swagger';
import { ToBool } from '../common/validation/transforms.js';
import { IsBoolean, IsOptional } from 'class-validator';
import type { Application, TopologyModule, TopologySet } from './cmdb-provider.js';

export class TopologyQuery {
  @ApiProperty({
    required: false,
    type: String,
    example: '1',
    description: '1 or true: with the addresses of the hosts.',
  })
  @IsOptional()
  @ToBool()
  @IsBoolean()
  add_hosts?: boolean;
}

/** A business. */
export class ApplicationResponse {
  @ApiProperty({ example: '1', description: 'Id of the business; `bk_biz_id` elsewhere.' })
  ApplicationID!: string;

  @ApiProperty({ example: '资源池' })
  ApplicationName!: string;

  @ApiProperty({ example: '0' })
  CompanyID!: string;

  static from({ id, name, companyId }: Application): ApplicationResponse {
    return { ApplicationID: String(id), ApplicationName: name, CompanyID: companyId };
  }
}

export class TopologyModuleResponse {
  @ApiProperty({ example: '1' })
  ModuleID!: string;

  @ApiProperty({ example: '空闲机' })
  ModuleName!: string;

  @ApiProperty({ type: [String], example: [], description: 'Addresses, ascending; empty without add_hosts.' })
  HOSTS!: string[];

  static from({ id, name, addresses }: TopologyModule): TopologyModuleResponse {
    return { ModuleID: String(id), ModuleName: name, HOSTS: addresses };
  }
}

export class TopologySetResponse {
  @ApiProperty({ example: '1' })
  SetID!: string;

  @ApiProperty({ example: '空闲机池' })
  SetName!: string;

  @ApiProperty({ type: [TopologyModuleResponse], description: 'Modules by id.' })
  Children!: TopologyModuleResponse[];

  static from({ id, name, modules }: TopologySet): TopologySetResponse {
    return { SetID: String(id), SetName: name, Children: modules.map(TopologyModuleResponse.from) };
  }
}
