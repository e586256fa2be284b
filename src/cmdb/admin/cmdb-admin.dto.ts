import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsDefined, IsOptional, Matches } from 'class-validator';
import { Text } from '../../common/i18n/text.js';
import { CommaList, ToText } from '../../common/validation/transforms.js';
import type { CmdbModule } from '../cmdb-module.entity.js';
import type { CmdbSet } from '../cmdb-set.entity.js';
import { TopologyName } from './topology-name.decorator.js';

/** Machines that one request may place. */
export const MAX_PLACED = 10_000;

const idText = { context: { text: new Text('请填写合法的 ID', 'Give an id') } };

export class ApplicationInput {
  @TopologyName('游戏一部')
  ApplicationName!: string;
}

export class SetInput {
  @TopologyName('华南一区')
  SetName!: string;
}

export class ModuleNameInput {
  @TopologyName('网关')
  ModuleName!: string;
}

export class ModuleInput extends ModuleNameInput {
  @ApiProperty({ example: '2', description: 'The set that the module is made in; not the idle pool.' })
  @ToText()
  @Matches(/^\d{1,10}$/, idText)
  SetID!: string;
}

export class PlacementInput {
  @ApiProperty({ required: false, default: '0', example: '0', description: 'The cloud of the machines.' })
  @IsOptional()
  @ToText()
  @Matches(/^\d{1,10}$/, idText)
  bk_cloud_id: string = '0';

  @ApiProperty({ type: [String], example: ['10.0.0.1'], description: `Inner addresses, at most ${MAX_PLACED}.` })
  @CommaList()
  @IsDefined()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_PLACED)
  hosts!: string[];
}

export class SetResponse {
  @ApiProperty({ example: '2' })
  SetID!: string;

  @ApiProperty({ example: '华南一区' })
  SetName!: string;

  static from({ id, name }: CmdbSet): SetResponse {
    return { SetID: String(id), SetName: name };
  }
}

export class ModuleResponse {
  @ApiProperty({ example: '2' })
  SetID!: string;

  @ApiProperty({ example: '3' })
  ModuleID!: string;

  @ApiProperty({ example: '网关' })
  ModuleName!: string;

  static from({ id, setId, name }: CmdbModule): ModuleResponse {
    return { SetID: String(setId), ModuleID: String(id), ModuleName: name };
  }
}

export class PlacementResponse {
  @ApiProperty({ example: 1, description: 'Machines that were added or removed; the others were so already.' })
  changed!: number;
}
