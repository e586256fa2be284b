import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MAX_ID } from '../common/validation/ids.js';
import type { OpenCommand } from './heartbeat-writer.js';

/** Where agents report: anybody may knock there, so its bodies are kept small before they are read. */
export const HEARTBEAT_PATH = '/api/agent/heartbeat';
/** The largest body of a report, in bytes: 64 processes take less than a fifth of it. */
export const MAX_REPORT_BYTES = 65_536;
const MAX_PROCESSES = 64;

/** Names and versions of packages and processes: what is safe in a shell, a page and a file name. */
const SAFE_NAME = /^[A-Za-z0-9][\w.+@:~-]{0,63}$/;
const SAFE_VERSION = /^[\w.+@:~-]{0,64}$/;
const PRINTABLE = /^[ -~]*$/;

/** A process that the agent looks after. */
export class ReportedProcessBody {
  @ApiProperty({ example: 'basereport', pattern: SAFE_NAME.source })
  @Matches(SAFE_NAME)
  name!: string;

  @ApiProperty({ required: false, enum: ['plugin'] })
  @IsOptional()
  @IsIn(['plugin'])
  type?: 'plugin';

  @ApiProperty({ enum: ['RUNNING', 'TERMINATED'], example: 'RUNNING' })
  @IsIn(['RUNNING', 'TERMINATED'])
  status!: 'RUNNING' | 'TERMINATED';

  @ApiProperty({ required: false, example: '2.1.0', pattern: SAFE_VERSION.source })
  @IsOptional()
  @Matches(SAFE_VERSION)
  version?: string;
}

/** How a command ended. */
export class CommandResultBody {
  @ApiProperty({ example: 7, description: 'The `id` of the command' })
  @IsInt()
  @Min(1)
  @Max(MAX_ID)
  id!: number;

  @ApiProperty({ example: 0, minimum: 0, maximum: 255, description: '0: done' })
  @IsInt()
  @Min(0)
  @Max(255)
  code!: number;

  @ApiProperty({ required: false, example: 'uninstall done', maxLength: 500, pattern: PRINTABLE.source })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  @Matches(PRINTABLE)
  text?: string;
}

/** What an agent sends: at its start, every interval, and once when it is stopped. */
export class HeartbeatBody {
  @ApiProperty({ required: false, description: 'The token of the host; or as `Authorization: Bearer`' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  token?: string;

  @ApiProperty({ example: 'nodeman-agent', pattern: SAFE_NAME.source })
  @Matches(SAFE_NAME)
  name!: string;

  @ApiProperty({ example: '1.0.0', pattern: SAFE_VERSION.source })
  @Matches(SAFE_VERSION)
  version!: string;

  @ApiProperty({ required: false, enum: ['running', 'stopping'], default: 'running' })
  @IsOptional()
  @IsIn(['running', 'stopping'])
  state?: 'running' | 'stopping';

  @ApiProperty({ required: false, type: [ReportedProcessBody], maxItems: MAX_PROCESSES })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PROCESSES)
  // A list in the list would pass as one without elements.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ReportedProcessBody)
  processes?: ReportedProcessBody[];

  @ApiProperty({ required: false, type: CommandResultBody })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CommandResultBody)
  command_result?: CommandResultBody;
}

/** What an agent is told to do. It obeys only what is signed with the key that it was installed with. */
export class CommandResponse {
  @ApiProperty({ example: 7, description: 'Of the run that it is for; greater than that of any command before' })
  id!: number;
  @ApiProperty({ enum: ['uninstall'] }) op!: 'uninstall';
  @ApiProperty({ example: '5f0c1e9b7a6d4c3b2a1908f7e6d5c4b3', description: '32 hexadecimal digits' }) nonce!: string;
  @ApiProperty({
    example: 'b7c5f0c1e9b7a6d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a2918f0e1d2c3',
    description: '64 hexadecimal digits: sha256(key:sha256(key:op host id nonce))',
  })
  signature!: string;

  static from({ runId, op, nonce, signature }: OpenCommand): CommandResponse {
    return { id: runId, op, nonce, signature };
  }
}

/** What the agent is to do from now on. */
export class HeartbeatResponse {
  @ApiProperty({ example: 30, description: 'Seconds until the next report' }) interval!: number;
  @ApiProperty({
    type: [String],
    example: ['10.0.0.1:80'],
    description: 'Where to report and download, in order; empty: where it did so far',
  })
  servers!: string[];
  @ApiProperty({ required: false, type: CommandResponse, description: 'Until it has told how that ended' })
  command?: CommandResponse;
}
